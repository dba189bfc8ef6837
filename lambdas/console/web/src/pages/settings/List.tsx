import { useCollection } from '@cloudscape-design/collection-hooks'
import Button from '@cloudscape-design/components/button'
import Pagination from '@cloudscape-design/components/pagination'
import Table, { type TableProps } from '@cloudscape-design/components/table'
import TextFilter from '@cloudscape-design/components/text-filter'
import type { ReactNode } from 'react'
import type { PageOf, Pages } from '../../api/pages'
import type { Reading } from '../../api/read'
import { Empty, Panel } from '../../ui/Panel'
import { digits } from '../../ui/number'

interface Props<T> {
  title: string
  what: string // what the rows are, in the plural: "users"
  of: Reading<PageOf<T>> & Partial<Pick<Pages<T>, 'more' | 'bringing'>>
  columns: TableProps.ColumnDefinition<T>[]
  idOf: (row: T) => string
  textOf: (row: T) => string // what the filter looks in
  empty: ReactNode
  description?: ReactNode
  actions?: ReactNode
  sort?: { column: string; descending?: boolean }
  filtered?: boolean // something beside the text leaves rows out: none does not mean that there are none
}

const rows = 25
const sticky = { last: 1 } // what is to be done with a row is never cut off

/** A table of settings in its panel: found by text, sorted, page by page, with every state that reading it can be in. */
export function List<T>({ title, what, of, idOf, empty, description, actions, ...table }: Props<T>): ReactNode {
  return (
    <Panel title={title} description={description} actions={actions} of={of} lines={5} count={(d) => digits(d.items.length) + (d.next ? '+' : '')} empty={(d) => d.items.length === 0 && empty}>
      {(d) => <Rows {...table} items={d.items} what={what} idOf={idOf} label={title} more={of.more} bringing={of.bringing} />}
    </Panel>
  )
}

interface RowsProps<T> {
  items: T[]
  what: string
  label: string
  columns: TableProps.ColumnDefinition<T>[]
  idOf: (row: T) => string
  textOf: (row: T) => string
  sort?: { column: string; descending?: boolean }
  more?: () => void
  bringing?: boolean
}

function Rows<T>({ items, what, label, columns, idOf, textOf, sort, more, bringing }: RowsProps<T>): ReactNode {
  const sorting = columns.find((c) => c.id === sort?.column)
  const { items: shown, collectionProps, filterProps, paginationProps, filteredItemsCount } = useCollection(items, {
    filtering: { filteringFunction: (row, text) => textOf(row).toLowerCase().includes(text.toLowerCase()), noMatch: <Empty>No {what} with that text</Empty> },
    pagination: { pageSize: rows },
    sorting: sorting ? { defaultState: { sortingColumn: sorting, isDescending: sort?.descending } } : {},
  })
  return (
    <Table
      {...collectionProps} variant="borderless" cellVerticalAlign="top" stickyColumns={columns.at(-1)?.id === 'does' ? sticky : undefined} items={shown} columnDefinitions={columns} trackBy={idOf} wrapLines
      ariaLabels={{ tableLabel: label }}
      filter={items.length > 5 && <TextFilter {...filterProps} filteringPlaceholder={`Find ${what}`} filteringAriaLabel={`Find ${what}`} countText={filterProps.filteringText ? `${filteredItemsCount ?? 0} found` : undefined} />}
      pagination={items.length > rows && <Pagination {...paginationProps} />}
      footer={more && <div className="mw-settings-more"><Button onClick={more} loading={bringing}>More {what}</Button></div>}
    />
  )
}
