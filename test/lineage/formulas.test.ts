import { describe, expect, test } from 'vitest'
import { type FormulaName, resolveFormula, transformationOf } from '../../lineage/formulas/calculations.ts'
import { plainSql } from '../../lineage/formulas/custom-sql.ts'
import { readFormula } from '../../lineage/formulas/tableau.ts'

const LETTERS = { value: 'v', aggregate: 'a', lod: 'l', table_calculation: 't', condition: 'c' } as const

/** `Sales:av [Other].Profit:v <Rate>:v`: names with the roles' first letters, other data sources, and parameters. */
function told(formula: string): string {
  return readFormula(formula)
    .references.map(({ name, dataSource, parameter, roles }) => {
      const shown = dataSource === undefined ? name : `[${dataSource}].${name}`
      const letters = roles.map((role) => LETTERS[role]).sort()
      return `${parameter === undefined ? shown : `<${parameter}>`}:${letters.join('')}`
    })
    .join(' | ')
}

/** Formulas as people write them, with what each reads, by hand. */
const FORMULAS: readonly (readonly [string, string])[] = [
  // Arithmetic and row functions
  ['1', ''],
  ['[Sales]', 'Sales:v'],
  ['[Sales] - [Cost]', 'Sales:v | Cost:v'],
  ['-[Profit] * (1 + [Tax Rate]) ^ 2 % 7', 'Profit:v | Tax Rate:v'],
  ['[First Name] + " " + [Last Name]', 'First Name:v | Last Name:v'],
  ["DATEDIFF('day', [Order Date], [Ship Date])", 'Order Date:v | Ship Date:v'],
  ["DATETRUNC('month', [Order Date], 'monday')", 'Order Date:v'],
  ['YEAR([Order Date]) = YEAR(TODAY())', 'Order Date:v'],
  ["DATE(DATEPARSE('yyyy-MM-dd', [Text Date]))", 'Text Date:v'],
  ['[Order Date] > #2004-04-15# AND [Order Date] <= #April 15, 2005 10:30:00#', 'Order Date:v'],
  ['LEFT([Product Name], FIND([Product Name], ",") - 1)', 'Product Name:v'],
  ["REGEXP_REPLACE([Phone], '[^0-9]', '')", 'Phone:v'],
  ["SPLIT([Email], '@', 2)", 'Email:v'],
  ['ZN([Opened Email]/[Delivered Email])', 'Opened Email:v | Delivered Email:v'],
  ['IFNULL([Nickname], [Name])', 'Nickname:v | Name:v'],
  ['ISNULL([Returned])', 'Returned:v'],
  ['MAX([Budget], [Actual])', 'Budget:v | Actual:v'],
  ['STR(INT([Seconds] / 3600)) + ":" + STR([Seconds] % 60)', 'Seconds:v'],
  ['DISTANCE(MAKEPOINT([Lat], [Lon]), MAKEPOINT(51.5, -0.12), "km")', 'Lat:v | Lon:v'],
  ['USERNAME() = [Owner]', 'Owner:v'],
  ['PI() * SQUARE([Radius])', 'Radius:v'],
  ['NOT [Active]', 'Active:v'],
  ['[Sales] != 3.5e-2 OR [Sales] <> .5', 'Sales:v'],
  ['Sales * 2', 'Sales:v'],
  ['TRUE', ''],
  ['[Prénom] + [客户]', 'Prénom:v | 客户:v'],
  // Aggregates
  ['SUM([Sales])', 'Sales:av'],
  ['SUM([Profit])/SUM([Sales])', 'Profit:av | Sales:av'],
  ['COUNTD([Customer ID])', 'Customer ID:av'],
  ['AVG([Discount]) > 0.2', 'Discount:av'],
  ['MIN([Order Date])', 'Order Date:av'],
  ['ATTR([Region])', 'Region:av'],
  ['PERCENTILE([Sales], 0.95)', 'Sales:av'],
  ['CORR([Sales], [Profit])', 'Sales:av | Profit:av'],
  ['COVARP([Profit], [Sales])', 'Profit:av | Sales:av'],
  ['STDEVP([Age]) + VAR([Age])', 'Age:av'],
  ['sum ( [Sales] )', 'Sales:av'],
  ['SUM([Quantity] * [Unit Price])', 'Quantity:av | Unit Price:av'],
  ['MAX([Active]=FALSE)', 'Active:av'],
  ['COLLECT([Geometry])', 'Geometry:av'],
  // Conditions
  ['IF [Profit] > 0 THEN "Profitable" ELSE "Loss" END', 'Profit:c'],
  ["IF [Closed]>[Opened] THEN DATEDIFF('second', [Opened], [Closed]) END", 'Closed:cv | Opened:cv'],
  ['IF [A] THEN [B] ELSEIF [C] THEN [D] ELSE [E] END', 'A:c | B:v | C:c | D:v | E:v'],
  ["CASE [Region] WHEN 'West' THEN [Sales] WHEN 'East' THEN [Sales] * 2 ELSE 0 END", 'Region:c | Sales:v'],
  ['CASE [A] WHEN [B] THEN [C] END', 'A:c | B:c | C:v'],
  ['IIF([Sales] > [Target], [Bonus], 0, NULL)', 'Sales:c | Target:c | Bonus:v'],
  ['COUNTD(IF [Known error]=TRUE THEN [Number] END) / COUNTD([Number])', 'Known error:ac | Number:av'],
  ['SUM(IF YEAR([Order Date]) = 2024 THEN [Sales] END)', 'Order Date:ac | Sales:av'],
  ['IF SUM([Profit]) > 0 THEN SUM([Sales]) END', 'Profit:ac | Sales:av'],
  ['IF (IF [A] THEN [B] ELSE [C] END) > 1 THEN [D] END', 'A:c | B:c | C:c | D:v'],
  ['[Region] IN (\'East\', "West")', 'Region:v'],
  ["IF [Region] NOT IN ('East', 'West') THEN [Sales] END", 'Region:c | Sales:v'],
  ['[Customer] IN [Top Customers]', 'Customer:v | Top Customers:v'],
  ['IF NOT ISNULL([Related Incidents]) AND [X] THEN [N] END', 'Related Incidents:c | X:c | N:v'],
  // Levels of detail
  ['{FIXED [Customer ID] : MIN([Order Date])}', 'Customer ID:l | Order Date:alv'],
  ['{ FIXED [Region], [State] : SUM([Sales]) }', 'Region:l | State:l | Sales:alv'],
  ['{INCLUDE [Customer Name] : SUM([Sales])}', 'Customer Name:l | Sales:alv'],
  ['{ EXCLUDE [Opened]: COUNTD([Number])}', 'Opened:l | Number:alv'],
  ['{SUM([Sales])}', 'Sales:alv'],
  ['{FIXED : MAX([Order Date])}', 'Order Date:alv'],
  ['DATEPART("year", [Opened]) = DATEPART("year", {MAX([Opened])})', 'Opened:alv'],
  ['SUM([Sales]) / SUM({FIXED [Region] : SUM([Sales])})', 'Sales:alv | Region:al'],
  ['AVG({INCLUDE [Order ID] : SUM([Sales])})', 'Order ID:al | Sales:alv'],
  ['{FIXED [Customer ID] : COUNTD(IF [Type] = "A" THEN [Order ID] END)}', 'Customer ID:l | Type:acl | Order ID:alv'],
  ['{FIXED [Customer] : MAX({FIXED [Customer], [Product] : SUM([Sales])})}', 'Customer:al | Product:al | Sales:alv'],
  ['IF [Order Date] = {FIXED [Customer] : MIN([Order Date])} THEN "New" END', 'Order Date:acl | Customer:cl'],
  ["{FIXED DATETRUNC('month', [Order Date]) : SUM([Sales])}", 'Order Date:l | Sales:alv'],
  // Table calculations
  ['WINDOW_SUM(SUM([Sales]), FIRST(), LAST())', 'Sales:atv'],
  ['RUNNING_SUM(SUM([Profit]))', 'Profit:atv'],
  ['RANK(SUM([Sales]), "desc")', 'Sales:atv'],
  ['RANK_DENSE(AVG([Score]))', 'Score:atv'],
  ['INDEX() <= [Parameters].[Top N]', '<Top N>:v'],
  ['SUM([Sales]) / TOTAL(SUM([Sales]))', 'Sales:atv'],
  ['(ZN(SUM([Sales])) - LOOKUP(ZN(SUM([Sales])), -1)) / ABS(LOOKUP(ZN(SUM([Sales])), -1))', 'Sales:atv'],
  ['IF FIRST() = 0 THEN WINDOW_MAX(MAX([Date])) END', 'Date:atv'],
  ['PREVIOUS_VALUE(1) * SUM([Growth])', 'Growth:av'],
  ['SIZE() + LAST()', ''],
  ['MODEL_QUANTILE("model=linear", 0.5, SUM([Sales]), ATTR([Month]))', 'Sales:atv | Month:atv'],
  ["SCRIPT_REAL(\"return tabpy.query('f', _arg1)['response']\", SUM([Sales]))", 'Sales:atv'],
  ['MODEL_EXTENSION_REAL("model", "arg1", SUM([Cost]))', 'Cost:atv'],
  // Names: data sources, parameters, escapes
  ['SUM([Sales]) - SUM([Targets].[Target])', 'Sales:av | [Targets].Target:av'],
  ['[federated.0abc].[Sales]', '[federated.0abc].Sales:v'],
  ['[Sales] * [Parameters].[Exchange Rate]', 'Sales:v | <Exchange Rate>:v'],
  ['CASE [Parameters].[Parameter 1] WHEN 1 THEN [A] ELSE [B] END', '<Parameter 1>:c | A:v | B:v'],
  [
    '[Calculation_1234567890] + [Number of Records (copy)_99]',
    'Calculation_1234567890:v | Number of Records (copy)_99:v',
  ],
  ['[Cost [USD]]] + [a"b\'c] + [x//y]', 'Cost [USD]:v | a"b\'c:v | x//y:v'],
  ['[A]+[a]', 'A:v | a:v'],
  // Texts and comments hold no fields
  ["\"[No Field]\" + 'it''s [not]' + [Yes]", 'Yes:v'],
  ['"a ""quoted"" [b]" = [C]', 'C:v'],
  ['// SUM([Old])\nSUM([New]) // [Gone]', 'New:av'],
  ['/* [a]\n [b] */ [C] /* // */ + [D]', 'C:v | D:v'],
  [
    '// This is a calculated field\r\n\r\nCOUNT(IF ([Related]>0\r\nAND NOT ISNULL([Related]))=true\r\nTHEN [Number]\r\nEND)',
    'Related:ac | Number:av',
  ],
  ['[A] - // minus\r\n-[B]', 'A:v | B:v'],
  // Pass-through
  ['RAWSQL_REAL("1000 * %1 / %2", [Sales], [Rate])', 'Sales:v | Rate:v'],
  ['RAWSQLAGG_REAL("PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY %1)", [Sales])', 'Sales:av'],
  ["RAWSQL_STR(\"CASE WHEN %1 = 'x' THEN 'a' ELSE 'b' END\", [Code])", 'Code:v'],
]

test('there are eighty formulas and more', () => {
  expect(FORMULAS.length).toBeGreaterThan(80)
  expect(new Set(FORMULAS.map(([formula]) => formula)).size).toBe(FORMULAS.length)
})

test.each(FORMULAS)('%s', (formula, fields) => {
  expect({ fields: told(formula), gaps: readFormula(formula).gaps }).toEqual({ fields, gaps: [] })
})

describe('what cannot be read is a gap, and what can be is told', () => {
  test.each([
    ['SUM([Sales]', 'Sales:av', 'a parenthesis is never closed', 0],
    ['[Sales', '', 'a name is never closed', 0],
    ['[A] + "open', 'A:v', 'a text is never closed', 6],
    ["[A] + 'open", 'A:v', 'a text is never closed', 6],
    ['[A] /* open', 'A:v', 'a comment is never closed', 4],
    ['[A] > #2020', 'A:v', 'a date is never closed', 6],
    ['[A] [B]', 'A:v | B:v', 'an operator is missing', 4],
    ['[A] + ', 'A:v', 'a value is missing at the end', 6],
    ['', '', 'a value is missing at the end', 0],
    ['* [A]', 'A:v', 'a value is missing before *', 0],
    ['[A])', 'A:v', ') closes nothing that is open', 3],
    ['([A]}', 'A:v', '} closes nothing that is open', 4],
    ['{FIXED [A] SUM([B])}', 'A:l | B:al', 'an operator is missing', 11],
    ['IF [A] THEN [B]', 'A:c | B:v', 'an IF is never closed', 0],
    ['CASE [A] WHEN 1 THEN 2', 'A:c', 'a CASE is never closed', 0],
    ['[A] THEN [B] END', 'A:v | B:v', 'THEN belongs to nothing that is open', 4],
    ['[A], [B]', 'A:v | B:v', 'a comma stands where none may', 3],
    ['[A] : [B]', 'A:v | B:v', 'a colon stands where none may', 4],
    ['[A] \u0000 + [B]', 'A:v | B:v', '"\\u0000" means nothing in a formula', 4],
    ['[A] & [B]', 'A:v | B:v', '"&" means nothing in a formula', 4],
    ['constructor + [B]', 'constructor:v | B:v', undefined, undefined],
  ])('%j', (formula, fields, message, offset) => {
    const { gaps } = readFormula(formula)
    expect(told(formula)).toBe(fields)
    expect(gaps.some((gap) => gap.message === message && gap.offset === offset)).toBe(message !== undefined)
    if (message === undefined) expect(gaps).toEqual([])
  })

  test('SQL that is passed through may name what its arguments do not tell', () => {
    expect(readFormula('RAWSQL_INT("(SELECT max(id) FROM secret WHERE x = %1)", [A])').gaps).toMatchObject([
      { reason: 'raw_sql', offset: 0 },
    ])
    expect(readFormula('RAWSQL_INT([Sql])').gaps).toMatchObject([{ reason: 'raw_sql' }])
  })
})

test.each([
  ['10,000 parentheses', `${'('.repeat(10_000)}[A]${')'.repeat(10_000)}`, 'formula_too_deep'],
  ['10,000 levels of detail', '{'.repeat(10_000), 'formula_too_deep'],
  ['10,000 IFs', 'IF '.repeat(10_000), 'formula_too_deep'],
  ['1 MB', '[A]+'.repeat(262_144), 'formula_too_long'],
  ['many open names', '['.repeat(150_000), 'formula_syntax'],
  ['many closing brackets', `[${']]'.repeat(90_000)}`, 'formula_syntax'],
  ['nothing but NUL', '\u0000'.repeat(150_000), 'formula_syntax'],
  ['half a surrogate', '\ud800'.repeat(1_000), 'formula_syntax'],
  ['comments that begin', '/*'.repeat(90_000), 'formula_syntax'],
])('hostile: %s ends in a gap, at once', (_, formula, reason) => {
  const begun = performance.now()
  const { gaps } = readFormula(formula)
  expect(performance.now() - begun).toBeLessThan(2_000)
  expect(gaps[0]?.reason).toBe(reason)
  expect(gaps.length).toBeLessThanOrEqual(20)
})

describe('calculations of calculations', () => {
  const names: Readonly<Record<string, FormulaName>> = {
    Sales: { kind: 'field', key: 'sales' },
    Cost: { kind: 'field', key: 'cost' },
    Region: { kind: 'field', key: 'region' },
    Rate: { kind: 'parameter', key: 'rate' },
    Profit: { kind: 'calculation', key: 'profit', formula: '[Sales] - [Cost]' },
    Calculation_42: { kind: 'calculation', key: 'profit', formula: '[Sales] - [Cost]' },
    West: { kind: 'calculation', key: 'west', formula: "IF [Region] = 'West' THEN [Calculation_42] END" },
    Ping: { kind: 'calculation', key: 'ping', formula: '[Pong] + [Sales]' },
    Pong: { kind: 'calculation', key: 'pong', formula: '[Ping] * [Cost]' },
  }
  const find = ({ name, parameter }: { name: string; parameter?: string }) => names[parameter ?? name]

  test('end in plain fields, with the roles of all the ways to them', () => {
    const { fields, calculations, parameters, gaps } = resolveFormula('SUM([West]) * [Parameters].[Rate]', find)
    expect(Object.fromEntries(fields)).toEqual({
      region: ['aggregate', 'condition'],
      sales: ['aggregate', 'value'],
      cost: ['aggregate', 'value'],
    })
    expect([calculations, parameters, gaps]).toEqual([['west', 'profit'], ['rate'], []])
  })

  test('what decides on the way decides at its end', () => {
    const { fields } = resolveFormula('IF [Profit] > 0 THEN 1 END', find)
    expect(fields.get('sales')).toEqual(['condition'])
  })

  test('in a circle end', () => {
    const { fields, calculations } = resolveFormula('[Ping]', find)
    expect([...fields.keys()].sort()).toEqual(['cost', 'sales'])
    expect([...calculations].sort()).toEqual(['ping', 'pong'])
  })

  test('that are not known are gaps', () => {
    expect(resolveFormula('[Nobody] + [Sales]', find).gaps).toEqual([
      { reason: 'unknown_field', message: 'no field is called Nobody' },
    ])
  })
})

test.each([
  ['[Sales] + 1', 'expression'],
  ['SUM([Sales])', 'aggregate'],
  ['RUNNING_SUM(SUM([Sales]))', 'window'],
  ['IF [Sales] > 0 THEN 1 END', 'conditional'],
  ['{FIXED [Sales] : COUNT(1)}', 'group_by'],
])('%s makes its result by %s', (formula, transformation) => {
  const [reference] = readFormula(formula).references
  expect(transformationOf({ roles: reference?.roles ?? [] })).toBe(transformation)
})

test('custom SQL becomes SQL: parameters are literals, doubled signs are one', () => {
  expect(plainSql("select * from t where a <<= <[Parameters].[Parameter 1]> and b >> 3 and c <<>> 'x'")).toBe(
    "select * from t where a <= NULL and b > 3 and c <> 'x'",
  )
})
