import { useState } from 'react'
import { api, told } from '../../../api/client'
import { useChange, type Change } from '../../../api/change'
import type { Draft } from '../../../state/draft'
import { titles, type Parameter } from './names'

interface Put extends Change<string[]> {
  theirs?: Parameter // somebody was faster: what is there now
}

/** Sets a parameter. It rests on what was read when what is typed was begun. */
export function usePut(p: Parameter, { rests, restOn }: Pick<Draft<unknown>, 'rests' | 'restOn'>, done: () => void): Put {
  const [theirs, setTheirs] = useState<Parameter>()
  const change = useChange(
    (values: string[]) => told(api.PUT('/v1/parameters/{name}', { params: { path: { name: p.name }, header: { 'If-Match': `"${rests}"` } }, body: { values } })),
    {
      touches: ['parameters', 'catalogue'], done, says: () => ({ text: `${titles[p.name]}: saved.` }),
      failed: (problem) => {
        if (problem.status === 412) void told(api.GET('/v1/parameters/{name}', { params: { path: { name: p.name } } })).then((now) => { setTheirs(now); restOn(now.revision) }, () => undefined)
        return true
      },
    },
  )
  return { ...change, problem: theirs && change.problem?.status === 412 ? undefined : change.problem, theirs }
}
