export { visibleText } from '@evergrant/testing'

/** A text in the forms in which it may turn up. */
export function formsOf(text: string): readonly string[] {
  return [
    text,
    encodeURIComponent(text),
    new URLSearchParams({ text }).toString().slice('text='.length),
    Buffer.from(text).toString('base64'),
    Buffer.from(text).toString('hex'),
  ]
}
