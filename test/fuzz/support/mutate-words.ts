import type { Random } from './random.js'

const ALPHABET = 'abcxyzAZ019_./+=:,@%-'

/** One change of a command: a word more, less, twice, elsewhere, or changed within what words may hold. `others` lend words of theirs. */
export function mutateWords(input: Buffer, others: readonly Buffer[], random: Random): Buffer {
  const words = input.toString('latin1').split(' ')
  const at = random.below(words.length)
  const word = words[at]!
  const borrowed = random.pick(random.pick(others).toString('latin1').split(' '))
  switch (random.below(8)) {
    case 0:
      return join(words.toSpliced(at, 1))
    case 1:
      return join(words.toSpliced(at, 0, borrowed))
    case 2:
      return join(words.with(at, borrowed))
    case 3:
      return join(words.toSpliced(at, 0, word))
    case 4:
      return join(words.with(at, words[random.below(words.length)]!).with(random.below(words.length), word))
    case 5:
      return join(words.with(at, `${word}${random.pick(['', '=', '/', ','])}${borrowed}`))
    case 6:
      return join(words.with(at, word.slice(0, random.below(word.length + 1))))
    default:
      return join(words.with(at, changedWord(word, random)))
  }
}

function changedWord(word: string, random: Random): string {
  const at = random.below(word.length + 1)
  const letters = Array.from({ length: 1 + random.below(3) }, () => ALPHABET[random.below(ALPHABET.length)]).join('')
  return word.slice(0, at) + letters + word.slice(at + random.below(3))
}

function join(words: readonly string[]): Buffer {
  return Buffer.from(words.join(' '), 'latin1')
}
