import Modal from '@cloudscape-design/components/modal'
import { useState, type ReactNode } from 'react'
import { keysNow } from '../state/keys'

const everywhere: [string, string][] = [['Tab', 'To the next button or field'], ['Escape', 'Close what is open']]

/** The keys that hold on the page it was opened over. */
export function Help({ close }: { close: () => void }): ReactNode {
  const [keys] = useState(() => [...new Map(keysNow().map((k) => [k.key, k.does]))])
  return (
    <Modal visible onDismiss={close} header="Keys on this page" closeAriaLabel="Close">
      <dl className="mw-keys">
        {[...keys, ...everywhere].map(([key, does]) => (
          <div key={key}><dt><kbd>{key === ' ' ? 'Space' : key}</kbd></dt><dd>{does}</dd></div>
        ))}
      </dl>
      <p className="mw-quiet">Single keys do nothing while you type.</p>
    </Modal>
  )
}
