// Estimates in a thread of its own: a long password takes a second, in which the page would stand still.
import { estimate, type Estimate } from './estimate'

export interface Question {
  n: number
  password: string
  own: string[]
}

export interface Answer extends Estimate {
  n: number
}

addEventListener('message', (e: MessageEvent<Question>) => {
  const answer: Answer = { n: e.data.n, ...estimate(e.data.password, e.data.own) }
  postMessage(answer)
})
