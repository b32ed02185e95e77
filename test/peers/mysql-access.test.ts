import { describeMysqlAccess } from '../mysql/access.ts'
import { onServers } from '../mysql/on-servers.ts'

await onServers({ names: ['MySQL 9', 'MariaDB 10.11'], tls: true }, (server) => describeMysqlAccess(server))
