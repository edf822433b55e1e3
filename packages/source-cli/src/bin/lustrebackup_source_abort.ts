#!/usr/bin/env node
import { runCommand } from '@lustrebackup/core/cli/run-command'
import { sourceAbort } from '../source-abort.js'

void runCommand(sourceAbort)
