import { describeSeeds } from './many-seeds.ts'

describeSeeds(1501, 500)
