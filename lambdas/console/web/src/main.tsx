import '@cloudscape-design/global-styles/index.css'
import './tokens.css'
import './ui/ui.css'
import { notifyManager, QueryClientProvider } from '@tanstack/react-query'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { newQueries } from './api/read'
import { App } from './App'
import { preload } from './pages'

notifyManager.setScheduler(queueMicrotask) // an answer is drawn as it comes, and not after what else has a timer
preload(location.pathname)
const root = document.getElementById('root')
if (!root) throw new Error('the page has no root')
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={newQueries()}>
      <App />
    </QueryClientProvider>
  </StrictMode>,
)
