import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { createLab } from '../world/lab.ts'
import { App } from './app.tsx'

/** `?clock=stepped` begins with time at rest, for those who move it themselves, such as tests. */
const parameters = new URLSearchParams(location.search)
const isStepped = parameters.get('clock') === 'stepped'

const place = document.querySelector('#lab')
if (place !== null) {
  // Made outside of components: the lab outlives what is drawn of it.
  const lab = createLab()
  if (!isStepped) lab.pace.run()
  void lab.settle()
  createRoot(place).render(
    <StrictMode>
      <App first={lab} />
    </StrictMode>,
  )
}
