/** By the magic numbers of statfs(2), on Linux. */
const NAMES: ReadonlyMap<number, string> = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB'],
  [0x5346414f, 'AFS'],
  [0x00c36400, 'Ceph'],
  [0x0bd00bd0, 'Lustre'],
  [0x7461636f, 'OCFS2'],
  [0x01161970, 'GFS2'],
])

/** The name of a file system that several hosts may mount, where the locks of SQLite do not hold; else `null`. */
export function networkFileSystem(type: number): string | null {
  // Some platforms give the number with its sign.
  return NAMES.get(type >>> 0) ?? null
}
