import { describe, expect, test } from 'vitest'
import { Digest } from '../../connectors/mysql/facts/digest.ts'
import { fitsPattern, readGrants } from '../../connectors/mysql/grants.ts'
import { manifest } from '../../connectors/mysql/manifest.ts'
import { fieldType, labelsOf } from '../../connectors/mysql/types.ts'

// What needs a server is in test/peers/mysql-*.test.ts: npm run test:peers.

const grantsOf = (...lines: string[]) => readGrants(lines.map((line) => ({ 'Grants for x@%': line })))

describe('rights as SHOW GRANTS tells them', () => {
  test('on everything, on patterns of databases, on tables, and partly taken back', () => {
    const grants = grantsOf(
      'GRANT USAGE ON *.* TO `x`@`%`',
      'GRANT TRIGGER, EVENT ON `shop\\_%`.* TO `x`@`%` WITH GRANT OPTION',
      'GRANT SELECT (`a`, `b`), REFERENCES ON `ledger`.`tick``et` TO `x`@`%`',
      'GRANT `role`@`%` TO `x`@`%`',
    )
    expect(grants.has('shop_1', 'TRIGGER')).toBe(true)
    expect(grants.has('shop_1', 'SELECT', 'EVENT')).toBe(true)
    expect(grants.has('shopX1', 'TRIGGER')).toBe(false)
    // A right on one table is none on the database.
    expect(grants.has('ledger', 'REFERENCES')).toBe(false)
    const all = grantsOf('GRANT ALL PRIVILEGES ON *.* TO `x`@`%`', 'REVOKE EVENT ON `shop`.* FROM `x`@`%`')
    expect([all.has('shop', 'EVENT'), all.has('other', 'EVENT')]).toEqual([false, true])
  })

  test('what an account sees moves with its rights on a database, not with others or its password', () => {
    const before = grantsOf(
      "GRANT USAGE ON *.* TO `x`@`%` IDENTIFIED BY PASSWORD '*AB'",
      'GRANT SELECT ON `shop`.`a` TO `x`@`%`',
    )
    const after = grantsOf(
      "GRANT USAGE ON *.* TO `x`@`%` IDENTIFIED BY PASSWORD '*CD'",
      'GRANT SELECT ON `shop`.`a` TO `x`@`%`',
      'GRANT SELECT ON `other`.* TO `x`@`%`',
    )
    expect(after.digest('shop')).toBe(before.digest('shop'))
    expect(after.digest('other')).not.toBe(before.digest('other'))
  })

  test.each([
    ['shop', 'shop', true],
    ['sh_p', 'shop', true],
    ['sh\\_p', 'shop', false],
    ['sh\\_p', 'sh_p', true],
    ['%(a|b)%', 'x(a|b)y', true],
    ['%(a|b)%', 'xay', false],
  ])('pattern %s, name %s: %s', (pattern, name, fits) => {
    expect(fitsPattern(pattern, name)).toBe(fits)
  })
})

describe('types', () => {
  test.each([
    ['tinyint', 'tinyint(1)', 'boolean'],
    ['tinyint', 'tinyint(4) unsigned', 'integer'],
    ['bit', 'bit(1)', 'boolean'],
    ['bit', 'bit(8)', 'binary'],
    ['set', "set('a')", 'array'],
    ['geomcollection', 'geomcollection', 'geometry'],
    ['some_plugin', 'some_plugin', 'unknown'],
  ])('%s, %s: %s', (dataType, columnType, type) => {
    expect(fieldType(dataType, columnType)).toBe(type)
  })

  test('labels, with quotes and commas in them', () => {
    expect(labelsOf("enum('a','it''s','b,c',')')")).toEqual(['a', "it's", 'b,c', ')'])
    expect(labelsOf('varchar(10)')).toBeUndefined()
  })
})

test('a digest is the same however its stamps come together, and another when one of them moves', () => {
  const rows = [{ stamp: 'ffffffff00000001' }, { stamp: '0000000100000002' }]
  const one = new Digest()
  one.addRows('column', rows)
  const other = new Digest()
  other.addStamps('column', { entries: 2, mixed: 'FFFFFFFE00000003' })
  expect(one.text('8.4')).toBe(other.text('8.4'))
  other.addRows('column', [{ stamp: '0000000000000000' }])
  expect(one.text('8.4')).not.toBe(other.text('8.4'))
})

test('URLs and the names of sources', () => {
  const read = (url: string) => manifest.config.parse(manifest.fromUrl(url))
  expect(manifest.namespace(read('mysql://x@DB.example.com/shop'))).toBe('mysql://db.example.com:3306')
  expect(manifest.namespace(read('mariadb://x@[::1]:3307'))).toBe('mysql://[::1]:3307')
  expect(manifest.suggestName(read('mysql://x:p%40ss@db/shop?ssl-mode=VERIFY_IDENTITY'))).toBe('shop')
  expect(manifest.fromUrl('mysql://x:p%40ss@db/shop?ssl-mode=VERIFY_IDENTITY')).toEqual({
    host: 'db',
    user: 'x',
    password: 'p@ss',
    databases: ['shop'],
    ssl: 'verify-full',
  })
  expect(() => manifest.fromUrl('mysql://x:Pa55@db?useSSL=true')).toThrow(/^(?!.*Pa55).*unknown parameter "useSSL"/)
})
