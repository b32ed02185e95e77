import { type AssetRecord, type FieldRecord, optional, withProperties } from '../kit/index.ts'
import { normalizeSqlType, sqlTypeText } from './fields.ts'
import type { DatasetRef, Model } from './resources.ts'

/** What the listing tells of a model moves with everything else of it: training makes it anew, and so does a change. */
export function modelStamp({ creationTime, lastModifiedTime, modelType, labels }: Model): string {
  return JSON.stringify([creationTime, lastModifiedTime, modelType, labels])
}

/** Without the training itself, which is large and says nothing of the shape. */
export const MODEL_FIELDS =
  `modelReference,creationTime,description,friendlyName,labels,expirationTime,location,modelType,encryptionConfiguration(kmsKeyName),
  featureColumns,labelColumns,remoteModelInfo(endpoint,connection,remoteModelVersion,remoteServiceType)`.replace(
    /\s+/g,
    '',
  )

export function toModelRecord({ project, dataset }: DatasetRef, model: Model): AssetRecord {
  const path = [project, dataset, model.modelReference?.modelId ?? '']
  const features = (model.featureColumns ?? []).map((column) => ({ column, role: 'feature' }))
  const labels = (model.labelColumns ?? []).map((column) => ({ column, role: 'label' }))
  return {
    kind: 'model',
    path,
    parent: { group: 'container', path: [project, dataset] },
    nativeId: `${path.join('.')}@${model.creationTime ?? ''}`,
    ...optional('comment', model.description),
    ...withProperties({
      modelType: model.modelType === 'MODEL_TYPE_UNSPECIFIED' ? undefined : model.modelType,
      friendlyName: model.friendlyName,
      labels: model.labels,
      location: model.location,
      expiresAt: model.expirationTime === undefined ? undefined : new Date(Number(model.expirationTime)).toISOString(),
      kmsKey: model.encryptionConfiguration?.kmsKeyName,
      remote: model.remoteModelInfo === undefined ? undefined : { ...model.remoteModelInfo },
    }),
    fields: [...features, ...labels].map(
      ({ column, role }, index): FieldRecord => ({
        name: column.name ?? '',
        position: index + 1,
        nativeType: sqlTypeText(column.type),
        type: normalizeSqlType(column.type),
        nullable: true,
        properties: { role },
      }),
    ),
  }
}
