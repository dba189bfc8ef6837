import Alert from '@cloudscape-design/components/alert'
import Box from '@cloudscape-design/components/box'
import type { ReactNode } from 'react'
import type { Reading } from '../../api/read'
import { useDenied, useMe, type Operation } from '../../state/me'

interface Props {
  op: Operation
  what: string // "the users"
  children: ReactNode
}

/** What one may not even read says so in place of asking. */
export function Readable({ op, what, children }: Props): ReactNode {
  const denied = useDenied(op)
  const { role } = useMe()
  if (!denied) return children
  return (
    <Alert type="info" header={`You may not see ${what}`}>
      Your role is {role}; an administrator may see {what}. Whoever gave you your account can tell you who that is.
    </Alert>
  )
}

/** Whether what is read is kept elsewhere: in AWS the user pool has users, and the API says that it has none. */
export const isElsewhere = (r: Reading<unknown>): boolean => r.state === 'failed' && r.problem?.status === 404

/** Says that users are kept by an identity provider, and what to do there. */
export function Elsewhere({ of, children }: { of: Reading<unknown>; children?: ReactNode }): ReactNode {
  return (
    <Alert type="info" header={of.problem?.title}>
      <Box variant="p">{of.problem?.detail}. In AWS that is the Amazon Cognito user pool of this deployment.</Box>
      {children}
    </Alert>
  )
}
