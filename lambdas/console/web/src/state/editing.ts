import { useView } from './url'

/** What a page has open for changing, by the URL: an id, or "new". A reload, and Back, find it as it was. */
export function useEditing(): [string | undefined, (id: string | undefined) => void] {
  const [query, change] = useView()
  return [query.edit, (id) => change({ edit: id }, { push: id !== undefined })]
}
