import { useView, type Query } from './url'

/** The span of the page's URL, for links that keep looking at the same time. */
export function useKept(): Query {
  const [{ last, from, to }] = useView()
  return { last, from, to }
}
