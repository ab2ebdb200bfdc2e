/**
 * True for `npm run test:whole`, which repeats at full length what `npm test` shows with fewer repetitions, to take a
 * person's minutes and not an hour. Nothing else differs: no kind of case is left out of either.
 */
export const whole = process.env['EVERGRANT_TESTS'] === 'whole'
