/**
 * True for `npm run test:whole`, which repeats at full length what `npm test` shows with fewer repetitions, to take a
 * person's minutes and not an hour. No kind of case is left out of either, but for storms over real processes, whose course
 * chance decides.
 */
export const whole = process.env['EVERGRANT_TESTS'] === 'whole'
