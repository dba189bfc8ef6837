import CopyToClipboard from '@cloudscape-design/components/copy-to-clipboard'
import type { ReactNode } from 'react'
import { visible } from './Wire'

/** A small button that copies exactly what was on the wire. */
export function Copy({ text, what }: { text: string; what: string }): ReactNode {
  return (
    <CopyToClipboard
      variant="icon"
      textToCopy={text}
      copyButtonAriaLabel={`Copy ${what} ${visible(text, 60)}`}
      copySuccessText={`${what} copied`}
      copyErrorText="The browser did not let it be copied"
    />
  )
}
