import { describeMysqlEquality } from '../mysql/equality.ts'
import { onServers } from '../mysql/on-servers.ts'

await onServers({}, (server) => describeMysqlEquality(server))
