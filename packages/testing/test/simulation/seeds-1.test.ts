import { describeSeeds } from './many-seeds.ts'

describeSeeds(1, 1000)
