/**
 * What the resolver needs of SQL and no more: where values come from, not how they are computed. Operators have no precedence here,
 * types and storage options leave no trace. Offsets are into the text that was parsed.
 */
export interface Span {
  readonly start: number
  readonly end: number
}

export interface Name extends Span {
  readonly text: string
  readonly quoted: boolean
}

/** `catalog.schema.table`, outermost first. */
export type Path = readonly Name[]

export type Expression =
  | ColumnRef
  | PositionRef
  | StarRef
  | ColumnPattern
  | Literal
  | Call
  | Case
  | SubqueryExpression
  | Operation
  | FieldAccess
  | Lambda

/** `a`, `t.a`, `db.s.t.a.field`: which part is what is the resolver's to find out. */
export interface ColumnRef extends Span {
  readonly kind: 'column'
  readonly path: Path
}

/** `$1`, `t.$1`: a column by its place in the source, from 1. */
export interface PositionRef extends Span {
  readonly kind: 'position'
  readonly qualifier: Path
  readonly position: number
}

export interface StarRef extends Span {
  readonly kind: 'star'
  readonly qualifier: Path
  readonly except: readonly Name[]
  readonly replace: readonly SelectItem[]
  readonly rename: readonly { readonly from: Name; readonly to: Name }[]
  /** Snowflake's `* ILIKE 'pattern'`. */
  readonly like?: string
  /** Trino's `t.* AS (a, b)`. */
  readonly aliases?: readonly Name[]
}

/** ClickHouse's and DuckDB's COLUMNS('regular expression'). */
export interface ColumnPattern extends Span {
  readonly kind: 'pattern'
  readonly pattern: string | undefined
}

/** Numbers, strings, parameters, CURRENT_DATE. `value` is set where it is a plain number or string. */
export interface Literal extends Span {
  readonly kind: 'literal'
  readonly value?: string
}

export interface Call extends Span {
  readonly kind: 'call'
  readonly name: Path
  /** The last part of the name in upper case. */
  readonly key: string
  readonly args: readonly Argument[]
  /** ORDER BY inside the parentheses, WITHIN GROUP, KEEP. */
  readonly order: readonly Expression[]
  readonly filter?: Expression
  readonly over?: WindowSpec | Name
  /** Columns that JSON_TABLE, XMLTABLE and OPENJSON … WITH declare. */
  readonly columns?: readonly Name[]
  /** SELECT inside the parentheses: ARRAY(SELECT …), table functions. */
  readonly tables?: readonly Path[]
  /** BigQuery's `MODEL m` among the arguments. */
  readonly models?: readonly Path[]
}

export interface Argument {
  readonly name?: string
  readonly value: Expression
}

export interface WindowSpec {
  readonly base?: Name
  readonly partition: readonly Expression[]
  readonly order: readonly Expression[]
}

export interface Case extends Span {
  readonly kind: 'case'
  readonly conditions: readonly Expression[]
  readonly results: readonly Expression[]
}

export interface SubqueryExpression extends Span {
  readonly kind: 'subquery'
  readonly query: Query
  /** EXISTS: no value of the query is read. */
  readonly exists: boolean
}

/** Anything that computes one value out of others: arithmetic, comparison, casts, lists. */
export interface Operation extends Span {
  readonly kind: 'operation'
  readonly operands: readonly Expression[]
  readonly cast: boolean
  /** Elements of an array: `[a, b]`. */
  readonly list?: boolean
}

/** `expr.field`, `expr[index]`, `expr:path`. */
export interface FieldAccess extends Span {
  readonly kind: 'field'
  readonly base: Expression
  readonly indexes: readonly Expression[]
  /** `(expr).*` */
  readonly star: boolean
}

export interface Lambda extends Span {
  readonly kind: 'lambda'
  readonly parameters: readonly Name[]
  readonly body: Expression
}

export interface Query extends Span {
  readonly kind: 'nested'
  readonly with: readonly Cte[]
  readonly recursive: boolean
  readonly body: QueryBody
  readonly order: readonly Expression[]
}

export type QueryBody = Select | SetOperation | ValuesList | TableQuery | Query | Statement

export interface Cte {
  readonly name: Name
  readonly columns: readonly Name[]
  readonly query: Query | undefined
  /** Columns that SEARCH and CYCLE add. */
  readonly extra: readonly Name[]
  /** ClickHouse's `WITH expr AS name`. */
  readonly scalar?: Expression
}

export interface Select extends Span {
  readonly kind: 'select'
  readonly distinctOn: readonly Expression[]
  readonly items: readonly SelectItem[]
  readonly into?: Target
  readonly from: readonly FromItem[]
  readonly where: readonly Expression[]
  readonly group: readonly Expression[]
  readonly having: readonly Expression[]
  readonly windows: readonly { readonly name: Name; readonly spec: WindowSpec }[]
  /** SORT BY, CLUSTER BY, LIMIT … BY: not ORDER BY, which is the query's. */
  readonly sort: readonly Expression[]
}

export interface SelectItem extends Span {
  readonly value: Expression
  readonly alias?: Name
  /** Spark's `stack(…) AS (a, b)`. */
  readonly aliases?: readonly Name[]
}

export interface SetOperation extends Span {
  readonly kind: 'set'
  readonly first: Query
  readonly rest: readonly {
    readonly operator: SetOperator
    /** How columns meet: by position, or by name; then all of both, those of the left, or those in common stay. */
    readonly columns: 'position' | 'all' | 'left' | 'common'
    /** Of those, the only ones that stay; empty: each of them. */
    readonly only?: readonly Name[]
    readonly query: Query
  }[]
}

export type SetOperator = 'union' | 'intersect' | 'except'

export interface ValuesList extends Span {
  readonly kind: 'values'
  readonly rows: readonly (readonly Expression[])[]
}

export interface TableQuery extends Span {
  readonly kind: 'table-query'
  readonly table: Path
}

/** One source of a FROM clause and how it is joined to those before it. */
export interface FromItem {
  readonly source: Source
  readonly join: JoinType
  readonly natural: boolean
  readonly using: readonly Name[]
  readonly on: readonly Expression[]
}

/** `semi`: the right side lends no columns. */
export type JoinType = 'first' | 'comma' | 'inner' | 'left' | 'right' | 'full' | 'cross' | 'semi'

export type Source =
  | TableSource
  | QuerySource
  | FunctionSource
  | ValuesSource
  | JoinedSource
  | ResultSource
  | PivotSource
  | UnpivotSource
  | MatchSource
  | ArrayJoin

interface Aliased extends Span {
  readonly alias?: Name
  readonly columns: readonly Name[]
}

export interface TableSource extends Aliased {
  readonly kind: 'table'
  readonly path: Path
  /** A stage with its path in place of a table. */
  readonly stage?: string
  /** The name of the position column where the path leads into an array. */
  readonly ordinal?: Name
}

export interface QuerySource extends Aliased {
  readonly kind: 'query'
  readonly query: Query
  readonly lateral: boolean
}

export interface FunctionSource extends Aliased {
  readonly kind: 'function'
  readonly call: Expression
  /** The name of WITH ORDINALITY or WITH OFFSET's column. */
  readonly ordinal?: Name
  /** The alias of a Hive lateral view names a table, never a value. */
  readonly lateralView: boolean
}

export interface ValuesSource extends Aliased {
  readonly kind: 'values'
  readonly rows: readonly (readonly Expression[])[]
}

/** What a statement before this one gave, so many pipes back. */
export interface ResultSource extends Aliased {
  readonly kind: 'result'
  readonly back: number
}

export interface JoinedSource extends Aliased {
  readonly kind: 'joined'
  readonly items: readonly FromItem[]
}

export interface PivotSource extends Aliased {
  readonly kind: 'pivot'
  readonly source: Source
  readonly aggregates: readonly SelectItem[]
  readonly on: readonly Expression[]
  /** The values of FOR … IN: what names the new columns. `undefined`: a query or ANY gives them. */
  readonly values: readonly SelectItem[] | undefined
  /** DuckDB's GROUP BY in its PIVOT statement. */
  readonly group?: readonly Expression[]
}

export interface UnpivotSource extends Aliased {
  readonly kind: 'unpivot'
  readonly source: Source
  readonly value: readonly Name[]
  readonly name: Name
  /** For each row made: the columns it reads. */
  readonly groups: readonly (readonly Expression[])[]
}

/** MATCH_RECOGNIZE. */
export interface MatchSource extends Aliased {
  readonly kind: 'match'
  readonly source: Source
  readonly partition: readonly Expression[]
  readonly order: readonly Expression[]
  readonly measures: readonly SelectItem[]
  readonly define: readonly Expression[]
  readonly variables: readonly Name[]
  readonly allRows: boolean
}

/** ClickHouse's ARRAY JOIN. */
export interface ArrayJoin extends Aliased {
  readonly kind: 'array-join'
  readonly items: readonly SelectItem[]
}

/** What a statement writes to. */
export interface Target extends Span {
  readonly path: Path
  readonly temporary: boolean
  readonly alias?: Name
}

export type Statement =
  | { readonly kind: 'query'; readonly query: Query }
  | CreateStatement
  | InsertStatement
  | UpdateStatement
  | DeleteStatement
  | MergeStatement
  | CopyStatement
  | CloneStatement
  | RenameStatement
  | DropStatement
  | RoutineStatement
  | CursorStatement
  | DynamicStatement
  | OtherStatement

/** Moves no data. */
export interface OtherStatement {
  readonly kind: 'other'
  /** Variables it declares: names that are no columns. */
  readonly declares?: readonly Name[]
  /** Where unqualified names lead from here on: USE, SET search_path. */
  readonly use?: { readonly database?: Name; readonly schemas?: readonly Name[] }
}

export interface CreateStatement {
  readonly kind: 'create'
  readonly object: 'view' | 'table'
  readonly target: Target
  /** ClickHouse's `TO`: where a materialized view writes. */
  readonly to?: Target
  readonly columns: readonly Name[]
  readonly query?: Query
}

export interface InsertStatement extends Returning {
  readonly kind: 'insert'
  readonly with: readonly Cte[]
  readonly recursive: boolean
  readonly targets: readonly InsertTarget[]
  /** What all targets read from. */
  readonly source?: Query
}

export interface InsertTarget {
  readonly target: Target
  readonly columns: readonly Name[]
  /** Static partition columns, which the query does not fill; dynamic ones come last in it. */
  readonly partition: readonly { readonly column: Name; readonly fixed: boolean }[]
  readonly byName: boolean
  /** The row of INSERT ALL … VALUES, over the columns of the source. */
  readonly values?: readonly Expression[]
  readonly condition: readonly Expression[]
  /** ON CONFLICT … SET, ON DUPLICATE KEY UPDATE. */
  readonly updates: readonly Assignment[]
  /** MySQL's alias of the new row. */
  readonly rowAlias?: Name
}

export interface Assignment {
  readonly columns: readonly Path[]
  readonly value: Expression
}

export interface UpdateStatement extends Returning {
  readonly kind: 'update'
  readonly with: readonly Cte[]
  readonly recursive: boolean
  /** What stands between UPDATE and SET: one table, or MySQL's join. */
  readonly sources: readonly FromItem[]
  readonly from: readonly FromItem[]
  readonly assignments: readonly Assignment[]
  readonly where: readonly Expression[]
}

export interface DeleteStatement extends Returning {
  readonly kind: 'delete'
  readonly with: readonly Cte[]
  readonly recursive: boolean
  readonly targets: readonly Target[]
  readonly from: readonly FromItem[]
  readonly where: readonly Expression[]
}

/** RETURNING, and T-SQL's OUTPUT … INTO. */
export interface Returning {
  readonly returning: readonly SelectItem[]
  readonly into?: { readonly target: Target; readonly columns: readonly Name[] }
}

export interface MergeStatement extends Returning {
  readonly kind: 'merge'
  readonly with: readonly Cte[]
  readonly recursive: boolean
  readonly target: Target
  readonly source: Source
  readonly on: readonly Expression[]
  /** DuckDB's USING (a, b) in place of ON. */
  readonly using: readonly Name[]
  readonly actions: readonly MergeAction[]
}

export type MergeAction =
  | { readonly kind: 'update'; readonly condition: readonly Expression[]; readonly assignments: readonly Assignment[] }
  | {
      readonly kind: 'insert'
      readonly condition: readonly Expression[]
      readonly columns: readonly Name[]
      readonly values: readonly Expression[]
    }
  /** UPDATE SET *, INSERT *, INSERT ROW, … ALL BY NAME. */
  | { readonly kind: 'star'; readonly condition: readonly Expression[]; readonly byName: boolean }
  | { readonly kind: 'delete'; readonly condition: readonly Expression[] }

/** COPY, UNLOAD, EXPORT: between tables and files. */
export interface CopyStatement {
  readonly kind: 'copy'
  readonly target?: InsertTarget
  readonly query?: Query
  /** The query as a string of its own: Redshift's UNLOAD. */
  readonly text?: string
  /** The file, folder or stage that is read, and the one that is written. */
  readonly from?: string
  readonly to?: string
}

export interface CloneStatement {
  readonly kind: 'clone'
  readonly target: Target
  readonly source: Path
  /** LIKE copies the shape, not the rows. */
  readonly shapeOnly: boolean
  /** Rows join those the target has: the target's columns are known by its own definition. */
  readonly append: boolean
}

export interface RenameStatement {
  readonly kind: 'rename'
  readonly moves: readonly { readonly from: Path; readonly to: Path }[]
  readonly swap: boolean
}

export interface DropStatement {
  readonly kind: 'drop'
  readonly targets: readonly Path[]
}

/** A procedure, function, trigger, task or anonymous block: statements inside one. */
export interface RoutineStatement {
  readonly kind: 'routine'
  readonly routine: 'procedure' | 'function' | 'trigger' | 'task' | 'block' | 'rule'
  readonly name?: Path
  readonly parameters: readonly Name[]
  /** The table a trigger stands on: NEW and OLD are its rows. */
  readonly on?: Path
  readonly language: string | undefined
  readonly body: Script | undefined
  /** The body as one string, to be parsed on its own from `offset`. */
  readonly text?: { readonly value: string; readonly offset: number; readonly exact: boolean }
}

export interface CursorStatement {
  readonly kind: 'cursor'
  readonly name: Name
  readonly query: Query
  /** Statements that see the name as a row of the query, in a FOR loop, come after it. */
  readonly loop: boolean
}

export interface DynamicStatement {
  readonly kind: 'dynamic'
  /** The text where it is one literal. */
  readonly text?: string
}

export type Script = readonly ParsedStatement[]

export interface ParsedStatement extends Span {
  readonly statement: Statement | undefined
  readonly failure?: { readonly message: string; readonly position: number }
  /** Clauses the parser stepped over: their columns are unknown to it. */
  readonly skipped: readonly Span[]
  /** Whether it may read what the statement before it gave. */
  readonly piped?: boolean
}
