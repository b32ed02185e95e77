import { expect, test } from 'vitest'
import { publisherOf } from '../../connectors/postgres/families/subscription.ts'

test.each([
  [
    'host=db.example.com port=5432 dbname=shop user=u password=hidden',
    { host: 'db.example.com', port: '5432', dbname: 'shop' },
  ],
  ["password='hid den' host = 'a b' dbname='it\\'s'", { host: 'a b', dbname: "it's" }],
  ['host=/run/sock sslpassword=hidden passfile=/x', { host: '/run/sock' }],
  [
    'postgres://u:hid%40den@db.example.com:5433/shop?sslmode=require&password=hidden',
    { host: 'db.example.com', port: '5433', dbname: 'shop' },
  ],
  ['postgresql://u:a@b@one:1,two:2/shop', { host: 'one,two', port: '1,2', dbname: 'shop' }],
  ['postgresql://u:hidden@[::1]/shop', { host: '[::1]', dbname: 'shop' }],
  ["password='host=hidden'", undefined],
  ['', undefined],
])('%s: where the publisher is, and nothing else', (connection, told) => {
  expect(publisherOf(connection)).toEqual(told)
})
