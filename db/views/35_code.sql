create or replace view catalog.repositories as
select
  a.id as asset_id,
  s.name as source,
  n.name as namespace,
  a.path[1] as owner_name,
  a.name as repository_name,
  a.display as asset,
  a.properties ->> 'visibility' as visibility,
  a.properties ->> 'defaultBranch' as default_branch,
  array(select jsonb_array_elements_text(a.properties -> 'topics')) as topics,
  array(select jsonb_array_elements_text(a.properties -> 'languages')) as languages,
  a.properties ->> 'license' as license,
  coalesce((a.properties ->> 'archived')::boolean, false) as archived,
  coalesce((a.properties ->> 'fork')::boolean, false) as fork,
  a.owner,
  a.comment,
  a.url,
  a.native_id,
  a.properties,
  a.first_seen_at,
  a.changed_at
from tidemark.asset a
left join tidemark.namespace n on n.id = a.namespace_id
left join tidemark.claim c on c.asset_id = a.id and c.writes
left join tidemark.source s on s.id = c.source_id
where a.kind_group = 'repository' and a.removed_at is null and not a.placeholder;

comment on view catalog.repositories is 'Live repositories of code, one row each.';
comment on column catalog.repositories.asset_id is 'Id of the repository, as in catalog.assets. It survives renames and transfers.';
comment on column catalog.repositories.source is 'Name of the source whose record this is.';
comment on column catalog.repositories.namespace is 'Host it is on: github://github.com.';
comment on column catalog.repositories.owner_name is 'Organization or user it belongs to.';
comment on column catalog.repositories.repository_name is 'Its own name.';
comment on column catalog.repositories.asset is 'The whole dotted name; ambiguous parts are double-quoted.';
comment on column catalog.repositories.visibility is 'public, private or internal.';
comment on column catalog.repositories.default_branch is 'The branch whose files are catalogued.';
comment on column catalog.repositories.topics is 'Topics given to it.';
comment on column catalog.repositories.languages is 'Languages of its code, the most used first.';
comment on column catalog.repositories.license is 'Licence, by its SPDX id where it has one.';
comment on column catalog.repositories.archived is 'Whether it is read-only for good.';
comment on column catalog.repositories.fork is 'Whether it was forked from another.';
comment on column catalog.repositories.owner is 'Who owns what no rule of its CODEOWNERS gives to others.';
comment on column catalog.repositories.comment is 'Its description.';
comment on column catalog.repositories.url is 'Where to open it.';
comment on column catalog.repositories.native_id is 'The host''s own immutable id of it.';
comment on column catalog.repositories.properties is 'What else the host tells of it.';
comment on column catalog.repositories.first_seen_at is 'When Tidemark first saw it.';
comment on column catalog.repositories.changed_at is 'When Tidemark last saw it changed.';

create or replace view catalog.files as
select
  a.id as asset_id,
  s.name as source,
  n.name as namespace,
  a.parent_id as repository_id,
  p.display as repository,
  a.name as path,
  a.display as asset,
  a.kind,
  a.properties ->> 'sha' as sha,
  (a.properties ->> 'bytes')::bigint as bytes,
  (select count(*)::integer from tidemark.field f where f.asset_id = a.id and f.removed_at is null) as fields,
  a.owner,
  d.text as definition,
  a.url,
  a.properties,
  a.first_seen_at,
  a.changed_at
from tidemark.asset a
left join tidemark.asset p on p.id = a.parent_id
left join tidemark.namespace n on n.id = a.namespace_id
left join tidemark.claim c on c.asset_id = a.id and c.writes
left join tidemark.source s on s.id = c.source_id
left join tidemark.definition d on d.asset_id = a.id
where a.kind_group = 'file' and a.removed_at is null and not a.placeholder;

comment on view catalog.files is 'Live files, one row each: of repositories those of the default branch that matter to data.';
comment on column catalog.files.asset_id is 'Id of the file, as in catalog.assets.';
comment on column catalog.files.source is 'Name of the source whose record this is.';
comment on column catalog.files.namespace is 'Where it is: github://github.com.';
comment on column catalog.files.repository_id is 'Id of the repository it is in.';
comment on column catalog.files.repository is 'Dotted name of the repository it is in.';
comment on column catalog.files.path is 'Its path within the repository.';
comment on column catalog.files.asset is 'The whole dotted name; ambiguous parts are double-quoted.';
comment on column catalog.files.kind is
  'What it is to data: sql file, migration, notebook, avro schema, data file, pipeline, workflow and so on.';
comment on column catalog.files.sha is 'Git''s name of its content; of a submodule the commit it is pinned to.';
comment on column catalog.files.bytes is 'Size in bytes.';
comment on column catalog.files.fields is 'Number of fields of its schema.';
comment on column catalog.files.owner is 'Its code owners.';
comment on column catalog.files.definition is 'Its text, where it is SQL.';
comment on column catalog.files.url is 'Where to open it.';
comment on column catalog.files.properties is 'What else is known of it.';
comment on column catalog.files.first_seen_at is 'When Tidemark first saw it.';
comment on column catalog.files.changed_at is 'When Tidemark last saw it changed.';

create or replace view catalog.pull_requests as
select
  a.id as asset_id,
  s.name as source,
  a.parent_id as repository_id,
  p.display as repository,
  a.name::integer as number,
  a.properties ->> 'title' as title,
  a.properties ->> 'state' as state,
  coalesce((a.properties ->> 'draft')::boolean, false) as draft,
  a.owner as author,
  a.properties -> 'base' ->> 'ref' as base,
  a.properties -> 'head' ->> 'ref' as head,
  array(select jsonb_array_elements_text(a.properties -> 'labels')) as labels,
  a.properties ->> 'reviewDecision' as review_decision,
  array(select jsonb_array_elements_text(a.properties -> 'files')) as files,
  (a.properties ->> 'changedFiles')::integer as changed_files,
  a.properties ->> 'mergeCommit' as merge_commit,
  (a.properties ->> 'createdAt')::timestamptz as created_at,
  (a.properties ->> 'updatedAt')::timestamptz as updated_at,
  (a.properties ->> 'mergedAt')::timestamptz as merged_at,
  a.comment,
  a.url,
  a.properties,
  st.check_state as checks,
  st.checks_passed,
  st.checks_failed,
  st.checks_pending,
  st.taken_at as checks_at
from tidemark.asset a
left join tidemark.asset p on p.id = a.parent_id
left join tidemark.claim c on c.asset_id = a.id and c.writes
left join tidemark.source s on s.id = c.source_id
left join tidemark.asset_statistic st on st.asset_id = a.id
where a.kind = 'pull request' and a.removed_at is null and not a.placeholder;

comment on view catalog.pull_requests is 'The latest pull requests of live repositories, one row each.';
comment on column catalog.pull_requests.asset_id is 'Id of the pull request, as in catalog.assets.';
comment on column catalog.pull_requests.source is 'Name of the source whose record this is.';
comment on column catalog.pull_requests.repository_id is 'Id of the repository it is for.';
comment on column catalog.pull_requests.repository is 'Dotted name of the repository it is for.';
comment on column catalog.pull_requests.number is 'Its number in the repository.';
comment on column catalog.pull_requests.title is 'Its title.';
comment on column catalog.pull_requests.state is 'open, closed (without being merged) or merged.';
comment on column catalog.pull_requests.draft is 'Whether it is not yet meant to be merged.';
comment on column catalog.pull_requests.author is 'Who opened it.';
comment on column catalog.pull_requests.base is 'Branch it is to be merged into.';
comment on column catalog.pull_requests.head is 'Branch it comes from.';
comment on column catalog.pull_requests.labels is 'Its labels.';
comment on column catalog.pull_requests.review_decision is 'approved, changes_requested or review_required; null where none is needed.';
comment on column catalog.pull_requests.files is 'Paths it touches, the first hundred.';
comment on column catalog.pull_requests.changed_files is 'How many files it touches.';
comment on column catalog.pull_requests.merge_commit is 'Commit that it became.';
comment on column catalog.pull_requests.created_at is 'When it was opened.';
comment on column catalog.pull_requests.updated_at is 'When anything last happened to it.';
comment on column catalog.pull_requests.merged_at is 'When it was merged; null while it is not.';
comment on column catalog.pull_requests.comment is 'Its description, the beginning.';
comment on column catalog.pull_requests.url is 'Where to open it.';
comment on column catalog.pull_requests.properties is 'What else the host tells of it.';
comment on column catalog.pull_requests.checks is
  'Verdict over the checks of its head commit: success, failure, error, pending or expected; null where there are none, or none were read.';
comment on column catalog.pull_requests.checks_passed is
  'How many of them passed, were skipped or are neutral; null where they were not read.';
comment on column catalog.pull_requests.checks_failed is
  'How many failed, were cancelled, ran out of time or wait for somebody to act.';
comment on column catalog.pull_requests.checks_pending is 'How many wait or run.';
comment on column catalog.pull_requests.checks_at is
  'When they were read, on an interval of their own; a later reading that finds the same leaves it.';
