import type api from '@google-cloud/bigquery/build/src/types.js'
import { nameKey } from '../kit/index.ts'

/** The resources of the REST API, as the official client types them. https://cloud.google.com/bigquery/docs/reference/rest */
export type Table = api.default.ITable
export type TableList = api.default.ITableList
export type TableField = api.default.ITableFieldSchema
export type TableReference = api.default.ITableReference
export type Dataset = api.default.IDataset
export type Routine = api.default.IRoutine
export type Model = api.default.IModel
export type Job = NonNullable<api.default.IJobList['jobs']>[number]
export type SqlType = api.default.IStandardSqlDataType

export interface DatasetRef {
  readonly project: string
  readonly dataset: string
}

export const tableGroup = 'table'
export const routineGroup = 'routine'
export const modelGroup = 'model'

/** The key of an item of a dataset: tables, routines and models may have equal names. */
export function itemKey({ project, dataset }: DatasetRef, group?: string, name?: string): string {
  return nameKey(group === undefined || name === undefined ? [project, dataset] : [project, dataset, group, name])
}

export const datasetPath = ({ project, dataset }: DatasetRef): string[] => ['projects', project, 'datasets', dataset]

/** `roles/bigquery.metadataViewer`, as the statement that gives it. */
export function grantOn(project: string, principal: string | undefined, role: string): string {
  const member = principal === undefined ? '{member}' : `serviceAccount:${principal}`
  return `gcloud projects add-iam-policy-binding ${project} --member=${member} --role=${role}`
}
