import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import type { ComponentProps, ReactNode } from 'react'
import { Empty, Panel } from '../../ui/Panel'
import { Wire } from '../../ui/Wire'

/** A panel of something that may not be kept here: the API's 404 is then what there is to say, and nothing that failed. */
export function KeptPanel<T>({ absent, ...props }: ComponentProps<typeof Panel<T>> & { absent?: string }): ReactNode {
  const { of, title, description } = props
  if (of.state !== 'failed' || of.problem?.status !== 404) return <Panel {...props} />
  return (
    <Container header={<Header variant="h2" description={description}>{title}</Header>}>
      <Empty>{absent ?? of.problem.title}{!absent && of.problem.detail && of.problem.detail !== of.problem.title && <>: <Wire>{of.problem.detail}</Wire></>}</Empty>
    </Container>
  )
}
