import Button, { type ButtonProps } from '@cloudscape-design/components/button'
import type { ReactNode } from 'react'
import { useDenied, type Operation } from '../state/me'

interface Props extends ButtonProps {
  op: Operation
}

/** A button that calls an operation: where one may not call it, it is disabled and says why. */
export function May({ op, disabled, disabledReason, ...button }: Props): ReactNode {
  const denied = useDenied(op)
  return <Button {...button} disabled={disabled || denied !== undefined} disabledReason={denied ?? disabledReason} />
}
