import Box from '@cloudscape-design/components/box'
import type { ReactNode } from 'react'
import { useLocation } from 'wouter'
import { Go } from '../ui/Link'
import { Wire } from '../ui/Wire'

/** For a path that is no page of ours. */
export function Missing(): ReactNode {
  const [path] = useLocation()
  return (
    <Box padding="xxl" textAlign="center">
      <Box variant="h1">There is no such page</Box>
      <Box variant="p"><Wire mono>{path}</Wire> leads nowhere. <Go to="/detections">To the detections</Go></Box>
    </Box>
  )
}
