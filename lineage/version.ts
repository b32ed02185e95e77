/** Raised whenever the engine derives otherwise: everything is then derived again, once. */
export const ENGINE_VERSION = 4
