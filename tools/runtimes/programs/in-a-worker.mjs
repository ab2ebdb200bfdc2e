import { walk } from './walk.mjs'

const worker = {
  async fetch() {
    return new Response(await walk())
  },
}

export default worker
