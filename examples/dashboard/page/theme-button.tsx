import { useEffect, useState } from 'react'

/** Dark or light; until somebody presses it, as the system has it. */
export function ThemeButton() {
  const [isDark, setDark] = useState(() => matchMedia('(prefers-color-scheme: dark)').matches)
  const [isChosen, setChosen] = useState(false)

  useEffect(() => {
    const preference = matchMedia('(prefers-color-scheme: dark)')
    const follow = (): void => {
      if (!isChosen) setDark(preference.matches)
    }
    preference.addEventListener('change', follow)
    return () => preference.removeEventListener('change', follow)
  }, [isChosen])

  function toggle(): void {
    setDark(!isDark)
    setChosen(true)
    document.documentElement.dataset['theme'] = isDark ? 'light' : 'dark'
  }

  return (
    <button type="button" className="theme" onClick={toggle} aria-pressed={isDark}>
      Dark
    </button>
  )
}
