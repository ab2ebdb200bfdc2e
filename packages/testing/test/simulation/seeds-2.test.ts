import { describeSeeds } from './many-seeds.ts'

describeSeeds(501, 500)
