// How soon a password is guessed by whoever tries what people choose: passwords of breaches, words, names, dates, rows of keys, and these with
// letters replaced. The words weigh about half a megabyte: only strength/worker.ts loads them, and only once a new password is typed.
import { ZxcvbnFactory } from '@zxcvbn-ts/core'
import passwords from '@zxcvbn-ts/language-common/dist/passwords.json.mjs'
import diceware from '@zxcvbn-ts/language-common/dist/diceware.json.mjs'
import graphs from '@zxcvbn-ts/language-common/dist/adjacencyGraphs.json.mjs'
import words from '@zxcvbn-ts/language-en/dist/commonWords.json.mjs'
import names from '@zxcvbn-ts/language-en/dist/firstnames.json.mjs'
import translations from '@zxcvbn-ts/language-en/dist/translations.mjs'

/** 0: guessed with the first thousand tries; 4: not with ten thousand million. */
export type Level = 0 | 1 | 2 | 3 | 4

export interface Estimate {
  level: Level
  why: string // what makes it easy, and what would help; empty where there is nothing to say
}

/** The most characters that are looked at: with more the time grows faster than the length, and 64 that are hard to guess are enough. */
const most = 64

const guesser = new ZxcvbnFactory({
  maxLength: most,
  translations,
  graphs,
  dictionary: { 'passwords-common': passwords, 'diceware-common': diceware, 'commonWords-en': words, 'firstnames-en': names },
})

/** Estimates a password. `own` are words that whoever guesses knows of its owner. */
export function estimate(password: string, own: string[]): Estimate {
  const { score, feedback } = guesser.check(password, own)
  return { level: score, why: [feedback.warning, feedback.suggestions[0]].filter(Boolean).join(' ') }
}
