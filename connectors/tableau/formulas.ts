export function readFormula(text: string): {
  references: { name: string; dataSource?: string; parameter?: string; roles: string[] }[]
  gaps: { reason: string; message: string; offset: number }[]
} {
  return {
    references: [...text.matchAll(/\[([^\]]+)\]/g)].map(([, name]) => ({
      name: name ?? '',
      roles: /SUM|AVG|COUNT/.test(text) ? ['aggregate', 'value'] : ['value'],
    })),
    gaps: [],
  }
}
