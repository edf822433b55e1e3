#!/usr/bin/env node
import { runCommand } from '@lustrebackup/core/cli/run-command'
import { sourceFilediff } from '../source-filediff.js'

void runCommand(sourceFilediff)
