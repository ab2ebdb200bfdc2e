import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { gitExposure } from '../../src/account/git-exposure.ts'
import { keepOutOfGit as keepOut } from '../../src/login/keep-out-of-git.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const keepOutOfGit = (path: string) => keepOut(path, new AbortController().signal)
const LINES = '# Logins of evergrant\n/.secrets\n/.secrets.*\n'

function repository() {
  const folder = temporaryFolder()
  const git = (...args: string[]) => execFileSync('git', ['-C', folder, ...args], { encoding: 'utf8' })
  git('init', '--quiet')
  return { folder, git, gitignore: join(folder, '.gitignore'), secrets: join(folder, '.secrets') }
}

describe('keepOutOfGit()', () => {
  it('adds the file, and what lies beside it, to a .gitignore, once', async () => {
    const { folder, git, gitignore, secrets } = repository()
    await expect(keepOutOfGit(secrets)).resolves.toEqual({ type: 'ignored', gitignore })
    expect(readFileSync(gitignore, 'utf8')).toBe(LINES)
    for (const name of ['.secrets', '.secrets.lock', '.secrets.x.tmp']) writeFileSync(join(folder, name), 'x')
    expect(git('status', '--porcelain')).toBe('?? .gitignore\n')
    await expect(keepOutOfGit(secrets)).resolves.toEqual({ type: 'nothing-to-do' })
    expect(readFileSync(gitignore, 'utf8')).toBe(LINES)
    expect(readdirSync(folder).filter((name) => name.startsWith('.gitignore'))).toEqual(['.gitignore'])
  })

  it('keeps what a .gitignore says, its mode, and that it is a link', async () => {
    const { folder, gitignore, secrets } = repository()
    writeFileSync(join(folder, 'shared-ignore'), 'dist')
    chmodSync(join(folder, 'shared-ignore'), 0o640)
    symlinkSync('shared-ignore', gitignore)
    await keepOutOfGit(secrets)
    expect(readFileSync(join(folder, 'shared-ignore'), 'utf8')).toBe(`dist\n${LINES}`)
    expect(statSync(join(folder, 'shared-ignore')).mode & 0o777).toBe(0o640)
  })

  it.for(['.secrets*\n', '*\n'])('leaves a repository alone that ignores the file by %j', async (text) => {
    const { gitignore, secrets } = repository()
    writeFileSync(gitignore, text)
    await expect(keepOutOfGit(secrets)).resolves.toEqual({ type: 'nothing-to-do' })
    expect(readFileSync(gitignore, 'utf8')).toBe(text)
  })

  it('works in a folder below, with a name that is a pattern', async () => {
    const { folder, git } = repository()
    const below = join(folder, 'bots')
    mkdirSync(below)
    await keepOutOfGit(join(below, '[a] !b#.json'))
    writeFileSync(join(below, '[a] !b#.json'), 'x')
    expect(git('status', '--porcelain', '--untracked-files=all')).toBe('?? bots/.gitignore\n')
  })

  it('says that a file is part of the repository already', async () => {
    const { git, gitignore, secrets } = repository()
    writeFileSync(secrets, 'x')
    git('add', '.secrets')
    await expect(keepOutOfGit(secrets)).resolves.toEqual({ type: 'tracked' })
    expect(existsSync(gitignore)).toBe(false)
  })

  it('is not misled by a name that is a pattern, and matches another file of the repository', async () => {
    const { folder, git } = repository()
    writeFileSync(join(folder, 'a.json'), 'x')
    git('add', 'a.json')
    await expect(keepOutOfGit(join(folder, '*.json'))).resolves.toMatchObject({ type: 'ignored' })
  })

  it('looks for the lines where git is not waited for', async () => {
    const { gitignore, secrets } = repository()
    await expect(gitExposure(secrets, AbortSignal.abort())).resolves.toBe('unknown')
    await expect(keepOut(secrets, AbortSignal.abort())).resolves.toEqual({ type: 'ignored', gitignore })
  })

  it('does nothing where there is no repository', async () => {
    const folder = temporaryFolder()
    await expect(keepOutOfGit(join(folder, '.secrets'))).resolves.toEqual({ type: 'nothing-to-do' })
    expect(readdirSync(folder)).toEqual([])
  })

  it('looks for the lines where there is no git to ask', async () => {
    const { gitignore, secrets } = repository()
    const path = process.env['PATH']
    process.env['PATH'] = ''
    try {
      await expect(keepOutOfGit(secrets)).resolves.toEqual({ type: 'ignored', gitignore })
      await expect(keepOutOfGit(secrets)).resolves.toEqual({ type: 'nothing-to-do' })
    } finally {
      process.env['PATH'] = path
    }
  })

  it('says that it cannot, and does not fail', async () => {
    const { gitignore, secrets } = repository()
    mkdirSync(gitignore)
    await expect(keepOutOfGit(secrets)).resolves.toEqual({ type: 'failed', gitignore, why: 'EISDIR' })
  })
})
