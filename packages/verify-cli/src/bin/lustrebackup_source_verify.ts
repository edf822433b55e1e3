#!/usr/bin/env node
import { runCommand } from '@lustrebackup/core/cli/run-command'
import { sourceVerify } from '../source-verify.js'

void runCommand(sourceVerify)
