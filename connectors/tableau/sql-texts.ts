import { plainSql } from '../../lineage/formulas/custom-sql.ts'
import { asObject, asText, type ForeignText, type SqlTexts } from '../kit/index.ts'

/** Each custom SQL is read as its connection says. */
export const sqlTexts: SqlTexts = {
  dialect: 'generic',
  defaults: () => ({}),
  assetPath: () => undefined,
  foreign({ properties }): ForeignText {
    const reading = asObject(properties.sql)
    const namespace = asText(reading?.namespace)
    const database = asText(reading?.database)
    const schemas = Array.isArray(reading?.schemas) ? reading.schemas.map(String) : []
    return {
      origin: 'bi',
      toSql: plainSql,
      dialect: asText(reading?.dialect) ?? 'generic',
      ...(namespace === undefined ? {} : { namespace }),
      defaults: {
        ...(database === undefined ? {} : { database }),
        ...(schemas.length === 0 ? {} : { schemas }),
      },
    }
  },
}
