export { showings as everythingShown } from '@evergrant/testing'
