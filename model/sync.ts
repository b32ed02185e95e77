export type SyncMode = 'incremental' | 'full' | 'plan'
export type SyncTrigger = 'schedule' | 'manual' | 'approval' | 'webhook'
/** The worst wins: failed, cancelled, held, gaps, succeeded. */
export type SyncOutcome = 'failed' | 'cancelled' | 'held' | 'gaps' | 'succeeded'
export type ChangeOperation = 'added' | 'changed' | 'renamed' | 'recreated' | 'removed'
export type ChangeSeverity = 'breaking' | 'risky' | 'safe'
