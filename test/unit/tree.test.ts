import { expect, test } from 'vitest'
import { drawTree } from '../../cli/tree.ts'

const draw = (graph: Readonly<Record<string, readonly string[]>>, root: string) =>
  drawTree({ id: root, label: root }, (id) => (graph[id] ?? []).map((child) => ({ id: child, label: child })))

test('what several ways lead to is drawn where it is nearest, and marked elsewhere', () => {
  expect(draw({ a: ['b', 'c'], b: ['d'], d: ['c', 'e'], c: ['e', 'a'] }, 'a')).toEqual([
    'a',
    '├─ b',
    '│  └─ d',
    '│     ├─ c ↓',
    '│     └─ e',
    '└─ c',
    '   ├─ e',
    '   └─ a ↑',
  ])
})

test('of many that are drawn elsewhere a few are named', () => {
  const many = Array.from({ length: 9 }, (_, number) => `n${number}`)
  const graph = { root: [...many, 'z'], z: many, ...Object.fromEntries(many.map((name) => [name, ['leaf']])) }
  expect(draw(graph, 'root').slice(-2)).toEqual(['└─ z', '   └─ and, drawn elsewhere: n0, n1, n2, n3, n4 and 4 more'])
})

test('three hundred nodes in layers are no more lines than thrice that', () => {
  const layer = (depth: number) => Array.from({ length: 30 }, (_, place) => `${depth}.${place}`)
  const graph = Object.fromEntries(
    Array.from({ length: 10 }, (_, depth) =>
      layer(depth).map((name) => [name, depth < 9 ? layer(depth + 1) : []]),
    ).flat(),
  )
  const lines = draw({ ...graph, root: layer(0) }, 'root')
  expect(lines.length).toBeLessThan(900)
  expect(new Set(lines.filter((line) => !line.includes('elsewhere'))).size).toBeGreaterThanOrEqual(301)
})
