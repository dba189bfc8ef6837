import Button from '@cloudscape-design/components/button'
import Modal from '@cloudscape-design/components/modal'
import Table from '@cloudscape-design/components/table'
import { useState, type ReactNode } from 'react'
import { notices } from 'virtual:notices'
import './about.css'

type Notice = (typeof notices.packages)[number]

/** The packages that the console is built on, each with its licence. The texts come with this part only. */
export default function Notices(): ReactNode {
  const [open, setOpen] = useState<Notice>()
  return (
    <>
      <Table
        variant="borderless" items={notices.packages} trackBy={(n) => `${n.name} ${n.version}`} ariaLabels={{ tableLabel: 'Packages of others' }}
        columnDefinitions={[
          { id: 'name', header: 'Package', isRowHeader: true, cell: (n) => n.name },
          { id: 'version', header: 'Version', cell: (n) => n.version },
          { id: 'licence', header: 'Licence', cell: (n) => n.licence },
          { id: 'text', header: 'Text', cell: (n) => (n.texts.length > 0 ? <Button variant="inline-link" ariaLabel={`Licence of ${n.name}`} onClick={() => setOpen(n)}>Read</Button> : 'Given to the public') },
        ]}
      />
      {open && (
        <Modal visible size="large" header={`${open.name} ${open.version}`} closeAriaLabel="Close" onDismiss={() => setOpen(undefined)}>
          {open.texts.map((n) => <pre key={n} className="mw-about-text" tabIndex={0}>{notices.texts[n]}</pre>)}
        </Modal>
      )}
    </>
  )
}
