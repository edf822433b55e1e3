#!/usr/bin/env node
import { runCommand } from '@lustrebackup/core/cli/run-command'
import { sourceDone } from '../source-done.js'

void runCommand(sourceDone)
