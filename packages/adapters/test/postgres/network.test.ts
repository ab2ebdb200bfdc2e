import { describeNetworkStore } from '../network-store/describe-network-store.ts'
import { createPostgresPlace } from './network-place.ts'

describeNetworkStore('postgresStore', createPostgresPlace)
