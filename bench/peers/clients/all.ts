import { axiosAuthRefresh } from './axios-auth-refresh.ts'
import { azure } from './azure.ts'
import { badgateway } from './badgateway.ts'
import type { Peer } from './client.ts'
import { evergrantFetch, evergrantKy } from './evergrant.ts'
import { googleAuth } from './google-auth.ts'
import { kyByHand } from './ky-by-hand.ts'
import { msal } from './msal.ts'
import { oidcClientTs } from './oidc-client-ts.ts'
import { openidClient } from './openid-client.ts'
import { simpleOauth2 } from './simple-oauth2.ts'
import { smithy } from './smithy.ts'
import { supabase } from './supabase.ts'
import { tastytradeSdk } from './tastytrade-sdk.ts'

/** Everyone who takes part, in the order of the tables. */
export const PEERS: readonly Peer[] = [
  evergrantKy,
  evergrantFetch,
  googleAuth,
  badgateway,
  tastytradeSdk,
  simpleOauth2,
  openidClient,
  azure,
  smithy,
  axiosAuthRefresh,
  oidcClientTs,
  supabase,
  msal,
  kyByHand,
]
