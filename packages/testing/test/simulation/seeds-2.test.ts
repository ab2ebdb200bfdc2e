import { describeSeeds } from './many-seeds.ts'

describeSeeds(1001, 1000)
