import { createHmac, randomUUID } from 'node:crypto'
import type { TableauConfig } from './config.ts'

/** What Tidemark asks of Tableau when it signs in through a connected app: to read content and metadata, nothing else. */
export const CONNECTED_APP_SCOPES = ['tableau:content:read', 'tableau:users:read', 'tableau:groups:read']

/** Tableau takes tokens that live ten minutes at most; this one is used at once. */
const LIFE_S = 300

/**
 * The token that a connected app vouches for its user with (HS256).
 * https://help.tableau.com/current/online/en-us/connected_apps_direct.htm#step-4-embedding-next-steps
 */
export function connectedAppToken(app: NonNullable<TableauConfig['connectedApp']>, now = Date.now()): string {
  const issuedAt = Math.floor(now / 1_000)
  const header = encode({ alg: 'HS256', typ: 'JWT', kid: app.secretId, iss: app.clientId })
  const claims = encode({
    iss: app.clientId,
    sub: app.username,
    aud: 'tableau',
    jti: randomUUID(),
    iat: issuedAt,
    exp: issuedAt + LIFE_S,
    scp: CONNECTED_APP_SCOPES,
  })
  const signature = createHmac('sha256', app.secret).update(`${header}.${claims}`).digest('base64url')
  return `${header}.${claims}.${signature}`
}

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part), 'utf8').toString('base64url')
}
