// The import rules of the layout: `docs/architecture.md` tells why they are so. Type imports count as imports.

/** Which folders of the tree a folder may import from, besides itself. */
const MAY_IMPORT = {
  model: [],
  lineage: ['model'],
  'connectors/kit': ['model'],
  db: ['model'],
  sync: ['model'],
  activities: ['sync', 'connectors', 'lineage', 'db', 'model'],
  workflows: ['sync', 'model'],
  services: ['db', 'connectors/[^/]+[.]ts$', 'connectors/kit', 'lineage', 'model', 'sync'],
  runtime: ['model/errors[.]ts$'],
  cli: ['services', 'runtime', 'worker', 'model'],
  worker: ['activities', 'workflows', 'services', 'runtime', 'sync', 'connectors', 'lineage', 'db', 'model'],
}

/** Everything that ships; tests, benchmarks and scripts may import all of it, and nothing imports them. */
const SHIPPED = '^(activities|cli|connectors|db|lineage|model|runtime|services|sync|worker|workflows)/'
const HELPERS = '^(bench|docs|scripts|test)/'
const PACKAGE = 'node_modules/'

/** Paths of a folder, or of one file when the text says so itself. */
const within = (target) => (target.endsWith('$') ? `^${target}` : `^${target}/`)

const layers = Object.entries(MAY_IMPORT).map(([folder, targets]) => ({
  name: `layer-${folder.replace('/', '-')}`,
  severity: 'error',
  comment: `${folder} may import ${targets.join(', ') || 'nothing else of the tree'}`,
  from: { path: within(folder) },
  to: { path: SHIPPED, pathNot: [folder, ...targets].map(within) },
}))

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...layers,
    {
      name: 'connector-alone',
      severity: 'error',
      comment: 'a connector imports the kit, model and lineage, never another connector nor what loads it',
      from: { path: '^connectors/(?!kit/)([^/]+)/' },
      to: { path: SHIPPED, pathNot: ['^connectors/$1/', '^connectors/kit/index[.]ts$', '^model/', '^lineage/'] },
    },
    {
      name: 'connector-through-its-index',
      severity: 'error',
      comment: 'the registry loads a connector by its index.ts; nothing else of the tree names one',
      from: { path: SHIPPED, pathNot: '^connectors/(?!kit/)[^/]+/' },
      to: { path: '^connectors/(?!kit/)[^/]+/', pathNot: '^connectors/[^/]+/index[.]ts$' },
    },
    {
      name: 'connector-in-registry',
      severity: 'error',
      comment: 'adding a connector is one line in the registry, and no other place',
      from: { path: SHIPPED, pathNot: ['^connectors/registry[.]ts$', '^connectors/(?!kit/)[^/]+/'] },
      to: { path: '^connectors/(?!kit/)[^/]+/' },
    },
    {
      name: 'connectors-top',
      severity: 'error',
      comment: 'registry.ts and config.ts know connectors, the kit and the model',
      from: { path: '^connectors/[^/]+[.]ts$' },
      to: { path: SHIPPED, pathNot: ['^connectors/', '^model/'] },
    },
    {
      name: 'model-is-plain',
      severity: 'error',
      comment: 'model imports zod, and node:crypto for hashes',
      from: { path: '^model/' },
      to: { pathNot: ['^model/', 'node_modules/zod/', '^(node:)?crypto$'] },
    },
    {
      name: 'sync-is-deterministic',
      severity: 'error',
      comment: 'the orchestration runs inside workflows: no package, nothing of Node',
      from: { path: '^sync/' },
      to: { pathNot: ['^sync/', '^model/'] },
    },
    {
      name: 'workflows-are-deterministic',
      severity: 'error',
      comment: 'workflows know the orchestration and the workflow library alone',
      from: { path: '^workflows/' },
      to: { pathNot: ['^workflows/', '^sync/', '^model/', 'node_modules/@temporalio/workflow/'] },
    },
    {
      name: 'sync-without-hashes',
      severity: 'error',
      comment: 'model/hash.ts and model/names.ts need node:crypto, which a workflow does not have',
      from: { path: '^(sync|workflows)/' },
      to: { path: '^node:|^crypto$|^model/(hash|names)[.]ts$', reachable: true },
    },
    {
      name: 'queries-in-db',
      severity: 'error',
      comment: 'only db asks the store; a connector, the runtime and the sample have servers of their own',
      from: { path: SHIPPED, pathNot: ['^db/', '^connectors/(?!kit/)[^/]+/', '^runtime/', '^cli/sample/'] },
      to: { path: 'node_modules/(postgres|drizzle-orm)/' },
    },
    {
      name: 'temporal-at-the-edges',
      severity: 'error',
      comment: 'the engine knows nothing of Temporal',
      from: { path: '^(activities|connectors|db|lineage|model|sync)/' },
      to: { path: 'node_modules/@temporalio/' },
    },
    {
      name: 'nothing-imports-helpers',
      severity: 'error',
      comment: 'tests, benchmarks and scripts do not ship',
      from: { path: SHIPPED },
      to: { path: HELPERS },
    },
    {
      name: 'declared-dependencies',
      severity: 'error',
      comment: 'what ships needs what package.json calls dependencies',
      from: { path: SHIPPED },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], pathNot: 'node_modules/@types/' },
    },
    {
      name: 'no-circular',
      severity: 'error',
      comment: 'a cycle cannot be read from either end',
      from: {},
      to: { circular: true },
    },
    {
      name: 'resolvable',
      severity: 'error',
      comment: 'an import that leads nowhere; the package of the tests finds `tidemark/kit` where it is installed',
      from: { pathNot: '^test/fixtures/connector-package/' },
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: PACKAGE },
    exclude: { path: '^(dist|coverage)/' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
}
