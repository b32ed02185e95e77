import { z } from 'zod'
import { nameFilter, secret } from '../kit/index.ts'

const personalAccessToken = z.strictObject({
  name: z.string().min(1).describe('The name the token was given.'),
  secret: secret().min(1).describe('Its secret, shown once when it was made.'),
})

const connectedApp = z.strictObject({
  clientId: z.string().min(1).describe('The client id of the connected app (direct trust).'),
  secretId: z.string().min(1).describe("The id of one of the app's secrets."),
  secret: secret().min(1).describe("The secret's value."),
  username: z.string().min(1).describe('The user to sign in as.'),
})

export const config = z
  .strictObject({
    baseUrl: z
      .url({ protocol: /^https?$/ })
      .describe('Where Tableau is opened in the browser: https://tableau.internal, https://10ax.online.tableau.com.'),
    site: z
      .string()
      .default('')
      .describe("The site's part of the address, after /site/; empty for the default site of Tableau Server."),
    pat: personalAccessToken
      .optional()
      .describe('Sign in with a personal access token. It holds one session: give Tidemark one of its own.'),
    connectedApp: connectedApp.optional().describe('Sign in as a user through a connected app with direct trust.'),
    projects: nameFilter
      .optional()
      .describe('Projects to crawl, by their path: `Finance/EMEA`; a slash within a name is doubled.'),
    proxy: z
      .url({ protocol: /^https?$/ })
      .optional()
      .describe('An HTTP proxy on the way: http://proxy.internal:3128.'),
  })
  .superRefine(({ pat: token, connectedApp: app }, context) => {
    if (token === undefined && app === undefined)
      context.addIssue({
        code: 'custom',
        path: ['pat'],
        message: 'give a personal access token (pat) or a connectedApp',
      })
    if (token !== undefined && app !== undefined)
      context.addIssue({
        code: 'custom',
        path: ['connectedApp'],
        message: 'give a personal access token (pat) or a connectedApp, not both',
      })
  })
  .meta({
    anyOf: [{ required: ['pat'] }, { required: ['connectedApp'] }],
    not: { required: ['pat', 'connectedApp'] },
  })
export type TableauConfig = z.infer<typeof config>
