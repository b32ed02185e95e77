/** A request that came in at a source's webhook address, as it was sent. */
export interface WebhookRequest {
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: Buffer
}

export type WebhookVerdict =
  /** Not from the source, or not to be understood: nothing of it may be used. */
  | { readonly status: 'refused'; readonly reason: string }
  /** Genuine, and nothing to do. */
  | { readonly status: 'ignored'; readonly reason: string }
  /** Something moved: in these scopes, or in any when there are none. `delivery` names the message, the same if sent again. */
  | { readonly status: 'accepted'; readonly delivery: string; readonly scopes?: readonly string[] }

/** How a source tells by itself that something has moved. */
export interface WebhookReceiver<Config> {
  /** What a person has to enter where. */
  setup(config: Config): {
    readonly events: readonly string[]
    /** Pages of the source where a webhook is made. */
    readonly pages: readonly string[]
    /** The setting that holds the shared secret. */
    readonly secretSetting: string
    readonly hasSecret: boolean
  }
  /** Judges one message by the secret alone: nothing is asked of the source. */
  receive(config: Config, request: WebhookRequest): Promise<WebhookVerdict>
}
