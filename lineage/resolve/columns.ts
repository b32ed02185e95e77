import { STRUCTS } from '../dialects.ts'
import { foldName } from '../names.ts'
import type { ColumnRef, Name, Path } from '../syntax/ast.ts'
import { addGap, type Binding, type Context, type Scope, spell } from './context.ts'
import { lowered, mergeDeps, NO_DEPS, SUPPOSED, transformed } from './deps.ts'
import { findColumn, findOpen, type OutColumn, sameDeps } from './relation.ts'

/** A column placed by elimination, among sources not all of which are known. */
const ELIMINATED = 0.8

/** The column a path leads into, without telling a gap where there is none. */
export function findOwner(ctx: Context, scope: Scope, path: Path): OutColumn | undefined {
  for (let level: Scope | undefined = scope; level !== undefined; level = level.parent) {
    const [name] = path
    const found =
      path.length === 1 && name !== undefined ? findUnqualified(ctx, level, name) : findInPath(ctx, level, path, true)
    if (found !== undefined) return typeof found === 'string' ? undefined : found
  }
  return undefined
}

/** What a reference means in its scope; `undefined` after a gap has been told. */
export function resolveColumn(ctx: Context, scope: Scope, ref: ColumnRef): OutColumn | undefined {
  const { path } = ref
  const [first] = path
  if (first === undefined) return undefined
  if (isParameter(scope, first)) return constant(first)
  // Fields are looked for in columns that are listed before one is supposed in a table that nobody knows: an outer alias goes first.
  for (const eliminate of path.length === 1 ? [true] : [false, true]) {
    for (let level: Scope | undefined = scope; level !== undefined; level = level.parent) {
      const found = path.length === 1 ? findUnqualified(ctx, level, first) : findInPath(ctx, level, path, eliminate)
      if (found === 'ambiguous') {
        addGap(ctx, 'ambiguous_column', `more than one source may have the column ${spell(path)}`, ref)
        return undefined
      }
      if (found === 'missing') {
        addGap(ctx, 'unknown_column', `no column ${spell(path)} is known`, ref)
        return undefined
      }
      if (found !== undefined) return found
    }
  }
  const row = findRow(ctx, path)
  if (row !== undefined) return row
  if (isVariable(ctx, path)) return constant(first)
  addGap(ctx, 'unknown_column', `no source has the column ${spell(path)}`, ref)
  return undefined
}

function isParameter(scope: Scope, name: Name): boolean {
  for (let level: Scope | undefined = scope; level !== undefined; level = level.parent) {
    if (level.locals.has(name.text.toLowerCase())) return true
  }
  return false
}

/** A field of a row that no FROM brings: NEW of a trigger, EXCLUDED, a loop's variable. */
function findRow(ctx: Context, path: Path): OutColumn | undefined {
  const name = path[0]?.text.toLowerCase().replace(/^:/, '') ?? ''
  const relation = path.length < 2 ? undefined : (ctx.rows.get(name) ?? ctx.session.rows.get(name))
  if (relation === undefined) return undefined
  const found = findInBinding(ctx, { alias: name, path: [], relation, hidden: true }, path, 1)
  return typeof found === 'string' ? undefined : found
}

function constant(name: Name | undefined): OutColumn {
  return { name: name?.text ?? '', deps: NO_DEPS, transformation: 'constant' }
}

function isVariable(ctx: Context, path: Path): boolean {
  const name = path[0]?.text.toLowerCase() ?? ''
  return ctx.session.variables.has(name) || ctx.session.variables.has(path.at(-1)?.text.toLowerCase() ?? '')
}

type Found = OutColumn | 'ambiguous' | 'missing' | undefined

/** `a` alone: a column, an alias where the dialect lets it be one, or a whole row. */
function findUnqualified(ctx: Context, scope: Scope, name: Name): Found {
  if (ctx.traits.lateralAlias === 'alias-first') {
    const alias = findAlias(ctx, scope, name)
    if (alias !== undefined) return alias
  }
  const merged = scope.merged.get(foldName(name, ctx.traits).toLowerCase())
  if (merged !== undefined) return merged
  const known = findListed(ctx, scope, name)
  if (known !== undefined) return known
  const alias = findAlias(ctx, scope, name)
  if (alias !== undefined) return alias
  const whole = findBinding(ctx, scope, [name], 1)
  if (whole !== undefined && !hasOpen(scope)) return wholeRow(ctx, whole, name)
  if (isVariable(ctx, [name])) return constant(name)
  return findByElimination(ctx, scope, name, whole)
}

function hasOpen(scope: Scope): boolean {
  return scope.bindings.some((binding) => binding.relation.open.length > 0)
}

function findAlias(ctx: Context, scope: Scope, name: Name): OutColumn | undefined {
  const key = foldName(name, ctx.traits).toLowerCase()
  return typeof scope.aliases === 'function' ? scope.aliases(key) : scope.aliases?.get(key)
}

/** Among listed columns, spelled as the dialect compares names, and if none is, in whatever case. */
function findListed(ctx: Context, scope: Scope, name: Name): Found {
  for (const loose of ctx.traits.fold === 'keep' ? [true] : [false, true]) {
    const known = findKnown(ctx, scope, name, loose)
    if (known !== undefined) return known
  }
  return undefined
}

/** One source alone must have it. */
function findKnown(ctx: Context, scope: Scope, name: Name, loose: boolean): Found {
  const found: OutColumn[] = []
  for (const hidden of [false, true]) {
    for (const binding of scope.bindings) {
      if (binding.hidden !== hidden) continue
      const column = findColumn(binding.relation, name, ctx.traits, loose)
      if (column === null) return 'ambiguous'
      if (column !== undefined) found.push(column)
    }
    if (found.length > 0) break
  }
  const [first] = found
  if (first === undefined || found.length === 1) return first
  if (ctx.traits.firstSourceWins || found.every((column) => sameDeps(column.deps, first.deps))) return first
  return 'ambiguous'
}

/** Nobody lists the column: the one source whose columns are not all known must have it, if no outer query does. */
function findByElimination(ctx: Context, scope: Scope, name: Name, whole: Binding | undefined): Found {
  const found: OutColumn[] = []
  for (const binding of scope.bindings) {
    const column = findOpen(binding.relation, name, ctx.traits, ELIMINATED)
    if (column === 'many') return 'ambiguous'
    if (column !== undefined) found.push(column)
  }
  const [first] = found
  if (first === undefined) return whole === undefined ? undefined : wholeRow(ctx, whole, name)
  // An alias of a source may be its row as well as a column of that name.
  if (whole !== undefined && whole.relation.open.length === 0) return 'ambiguous'
  if (!found.every((column) => sameDeps(column.deps, first.deps))) return 'ambiguous'
  if (outerMayHave(ctx, scope.parent, name, first)) return 'ambiguous'
  // In a subquery whose surroundings are not all known either, no more than likely.
  return isSurrounded(scope.parent) ? { ...first, deps: lowered(first.deps, SUPPOSED) } : first
}

/** Whether a query around this one is known to have the column: names mean the innermost source, but this one is only supposed to have it. */
function outerMayHave(ctx: Context, outer: Scope | undefined, name: Name, inner: OutColumn): boolean {
  for (let scope = outer; scope !== undefined; scope = scope.parent) {
    for (const { relation } of scope.bindings) {
      const known = findColumn(relation, name, ctx.traits, true)
      if (known === null || (known !== undefined && !sameDeps(known.deps, inner.deps))) return true
    }
  }
  return false
}

/** Whether there are sources around this query that may have columns nobody knows. */
function isSurrounded(outer: Scope | undefined): boolean {
  for (let scope = outer; scope !== undefined; scope = scope.parent) if (hasOpen(scope)) return true
  return false
}

function wholeRow(ctx: Context, binding: Binding, name: Name): Found {
  const { relation } = binding
  if (relation.open.some((part) => part.starred)) {
    addGap(ctx, 'unknown_table', `the columns of ${name.text} are not known, which is read as a whole row`, name)
  }
  const deps = [...relation.columns.map((column) => column.deps), ...relation.open.map((part) => part.deps ?? NO_DEPS)]
  return { name: foldName(name, ctx.traits), deps: transformed(mergeDeps(deps)), transformation: 'expression' }
}

/** `t.a`, `s.t.a`, `t.a.field`, or a column's own field `a.field`. */
function findInPath(ctx: Context, scope: Scope, path: Path, eliminate: boolean): Found {
  for (let length = Math.min(path.length - 1, 3); length >= 1; length--) {
    const binding = findBinding(ctx, scope, path, length)
    const name = path[length]
    if (binding === undefined || name === undefined) continue
    const column = findInBinding(ctx, binding, path, length)
    if (column !== undefined) return column
    if (length === 1) {
      const own = findFieldOwner(ctx, scope, path, eliminate)
      if (own !== undefined) return own
    }
    return 'missing'
  }
  return findFieldOwner(ctx, scope, path, eliminate)
}

/** A column of one source; where its catalogue lists nested fields by dotted names, the deepest that fits. */
function findInBinding(ctx: Context, binding: Binding, path: Path, at: number): Found {
  const name = path[at]
  if (name === undefined) return undefined
  const nested = findDotted(ctx, binding, path, at)
  if (nested !== undefined) return nested
  const known = findColumn(binding.relation, name, ctx.traits, true)
  if (known === null) return 'ambiguous'
  const column = known ?? findOpen(binding.relation, name, ctx.traits, 1)
  if (column === 'many') return 'ambiguous'
  if (column === undefined) return undefined
  return path.length > at + 1 ? field(column) : column
}

function field(column: OutColumn): OutColumn {
  return {
    ...column,
    deps: transformed(column.deps),
    transformation: column.deps.size === 0 ? 'constant' : 'expression',
  }
}

/** `a.b.c` where `a` is a column of its own: a struct. */
function findFieldOwner(ctx: Context, scope: Scope, path: Path, eliminate: boolean): Found {
  const [first] = path
  if (first === undefined) return undefined
  const owners: OutColumn[] = []
  for (const binding of scope.bindings) {
    const nested = findDotted(ctx, binding, path, 0)
    if (nested !== undefined) owners.push(nested)
  }
  if (owners.length > 0) return owners.length === 1 ? owners[0] : 'ambiguous'
  const listed = scope.merged.get(foldName(first, ctx.traits).toLowerCase()) ?? findListed(ctx, scope, first)
  if (listed !== undefined) return typeof listed === 'string' ? listed : field(listed)
  // Where values have no fields, `x.y` with an unknown `x` is a table that is not in view.
  if (!eliminate || !STRUCTS.has(ctx.traits.dialect)) return undefined
  const found = findByElimination(ctx, scope, first, undefined)
  return found === undefined || typeof found === 'string' ? found : field(found)
}

/** The deepest column whose dotted name the path begins with, as catalogues that list nested fields have them. */
function findDotted(ctx: Context, binding: Binding, path: Path, at: number): OutColumn | undefined {
  const name = path[at]
  if (name === undefined) return undefined
  for (let end = path.length; end > at + 1; end--) {
    const dotted = path.slice(at, end).map((part) => part.text)
    const nested = findColumn(binding.relation, { ...name, text: dotted.join('.') }, ctx.traits, true)
    if (nested !== undefined && nested !== null) return end === path.length ? nested : field(nested)
  }
  return undefined
}

/** The source that the first parts of a path name. */
export function findBinding(ctx: Context, scope: Scope, path: Path, length: number): Binding | undefined {
  const wanted = path.slice(0, length).map((name) => foldName(name, ctx.traits))
  const equal = (a: string, b: string, loose: boolean): boolean =>
    loose ? a.toLowerCase() === b.toLowerCase() : a === b
  for (const loose of ctx.traits.fold === 'exact' ? [false] : ctx.traits.fold === 'keep' ? [true] : [false, true]) {
    const found = scope.bindings.find((binding) => {
      if (length === 1) return binding.alias !== undefined && equal(binding.alias, wanted[0] ?? '', loose)
      const tail = binding.path.slice(-length)
      return tail.length === length && tail.every((part, index) => equal(part, wanted[index] ?? '', loose))
    })
    if (found !== undefined) return found
  }
  return undefined
}
