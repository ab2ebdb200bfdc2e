import { basename, join } from 'node:path'
import {
  CompilerState,
  Extractor,
  ExtractorConfig,
  ExtractorLogLevel,
  type IExtractorConfigPrepareOptions,
} from '@microsoft/api-extractor'
import { ROOT, type EntryPoint } from './entry-points.ts'

// API Extractor brings a compiler of its own, which is to read declarations as ours has written them.
const compilerOptions = {
  target: 'es2023',
  lib: ['es2023', 'esnext.disposable', 'dom', 'dom.iterable'],
  module: 'nodenext',
  moduleResolution: 'nodenext',
  strict: true,
  exactOptionalPropertyTypes: true,
  skipLibCheck: true,
  types: ['node'],
}

function configOf(entry: EntryPoint, scratch: string): ExtractorConfig {
  const prepare: IExtractorConfigPrepareOptions = {
    configObjectFullPath: undefined,
    packageJsonFullPath: join(entry.packageFolder, 'package.json'),
    configObject: {
      projectFolder: ROOT,
      mainEntryPointFilePath: entry.types,
      newlineKind: 'lf',
      compiler: { overrideTsconfig: { compilerOptions, files: [entry.types] } },
      apiReport: {
        enabled: true,
        reportFileName: basename(entry.file),
        reportFolder: entry.folder,
        reportTempFolder: scratch,
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      messages: {
        compilerMessageReporting: { default: { logLevel: ExtractorLogLevel.Error } },
        extractorMessageReporting: { default: { logLevel: ExtractorLogLevel.None } },
        tsdocMessageReporting: { default: { logLevel: ExtractorLogLevel.None } },
      },
    },
  }
  return ExtractorConfig.prepare(prepare)
}

/**
 * Gives a function that makes the report of an entry point, and tells whether it is another than the one that is there, which
 * it replaces if it shall `write`. What it needs on the way is put into `scratch`.
 */
export function createReporter(
  entries: readonly EntryPoint[],
  scratch: string,
): (entry: EntryPoint, write: boolean) => boolean {
  const [first] = entries
  if (first === undefined) return () => false
  // The declarations of all packages are read once, and not for each entry point again.
  const additionalEntryPoints = entries.map(({ types }) => types)
  const compilerState = CompilerState.create(configOf(first, scratch), { additionalEntryPoints })

  return (entry, write) => {
    const { succeeded, errorCount, apiReportChanged } = Extractor.invoke(configOf(entry, scratch), {
      compilerState,
      localBuild: write,
      messageCallback(message) {
        // That a report is new or has changed is told at the end, of all together.
        if (message.logLevel !== ExtractorLogLevel.Error) message.handled = true
      },
    })
    if (errorCount > 0) throw new Error(`The report of ${entry.name} could not be made.`)
    return apiReportChanged || !succeeded
  }
}
