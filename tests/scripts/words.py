"""Words and sequences without recurrent layers: bags of words, skip-grams, a recurrent cell by hand, text by characters."""

from collections import Counter

import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim

text = "we are about to study the idea of a computational process computational processes are abstract beings".split()
vocab = sorted(set(text))
word_to_ix = {word: i for i, word in enumerate(vocab)}
print(len(vocab), Counter(text).most_common(1))


def settle(model, scale=0.4):
    for i, p in enumerate(model.parameters()):
        with torch.no_grad():
            p.copy_((torch.sin(torch.arange(p.numel()).float() * 1.1 + i) * scale).reshape(p.shape))
    return model


class BoWClassifier(nn.Module):
    def __init__(self, num_labels, vocab_size):
        super(BoWClassifier, self).__init__()
        self.linear = nn.Linear(vocab_size, num_labels)

    def forward(self, bow_vec):
        return F.log_softmax(self.linear(bow_vec), dim=1)


def make_bow_vector(sentence, word_to_ix):
    vec = torch.zeros(len(word_to_ix))
    for word in sentence:
        vec[word_to_ix[word]] += 1
    return vec.view(1, -1)


data = [(text[:6], "A"), (text[6:12], "B"), (text[3:9], "A"), (text[9:], "B")]
label_to_ix = {"A": 0, "B": 1}
model = settle(BoWClassifier(2, len(vocab)))
for param in list(model.parameters())[1:]:
    print(param.data)
loss_function, optimizer = nn.NLLLoss(), optim.SGD(model.parameters(), lr=0.1)
for epoch in range(3):
    total = 0
    for instance, label in data:
        model.zero_grad()
        log_probs = model(make_bow_vector(instance, word_to_ix))
        loss = loss_function(log_probs, torch.LongTensor([label_to_ix[label]]))
        loss.backward()
        optimizer.step()
        total += loss.item()
    print("%.4f" % total)
print("%.4f" % next(model.parameters())[:, word_to_ix["study"]][0].item())
CONTEXT_SIZE, EMBEDDING_DIM = 2, 6
ngrams = [([text[i - j - 1] for j in range(CONTEXT_SIZE)], text[i]) for i in range(CONTEXT_SIZE, len(text))]


class NGramLanguageModeler(nn.Module):
    def __init__(self, vocab_size, embedding_dim, context_size):
        super().__init__()
        self.embeddings = nn.Embedding(vocab_size, embedding_dim)
        self.linear1 = nn.Linear(context_size * embedding_dim, 10)
        self.linear2 = nn.Linear(10, vocab_size)

    def forward(self, inputs):
        embeds = self.embeddings(inputs).view((1, -1))
        out = F.relu(self.linear1(embeds))
        return F.log_softmax(self.linear2(out), dim=1)


model = settle(NGramLanguageModeler(len(vocab), EMBEDDING_DIM, CONTEXT_SIZE))
print(model)
optimizer = optim.SGD(model.parameters(), lr=0.05)
losses = []
for epoch in range(3):
    total_loss = 0
    for context, target in ngrams:
        context_idxs = torch.tensor([word_to_ix[w] for w in context], dtype=torch.long)
        model.zero_grad()
        log_probs = model(context_idxs)
        loss = loss_function(log_probs, torch.tensor([word_to_ix[target]], dtype=torch.long))
        loss.backward()
        optimizer.step()
        total_loss += loss.item()
    losses.append("%.3f" % total_loss)
print(losses, "%.4f" % model.embeddings.weight[word_to_ix["process"]].norm())


class SkipGram(nn.Module):
    def __init__(self, vocab_size, embed_dim):
        super().__init__()
        self.center = nn.Embedding(vocab_size, embed_dim, padding_idx=0)
        self.context = nn.Embedding(vocab_size, embed_dim, sparse=False)

    def forward(self, pos_u, pos_v, neg_v):
        emb_u, emb_v, emb_neg = self.center(pos_u), self.context(pos_v), self.context(neg_v)
        score = torch.clamp(torch.sum(torch.mul(emb_u, emb_v), dim=1), max=10, min=-10)
        neg_score = torch.bmm(emb_neg, emb_u.unsqueeze(2)).squeeze(2)
        return torch.mean(-F.logsigmoid(score) - torch.sum(F.logsigmoid(-neg_score), dim=1))


model = settle(SkipGram(len(vocab), 5))
loss = model(torch.tensor([0, 3, 5]), torch.tensor([1, 4, 5]), torch.tensor([[2, 6], [7, 8], [1, 9]]))
loss.backward()
print("%.4f" % loss, model.center.weight.grad[0].abs().sum(), "%.4f" % model.context.weight.grad.abs().sum())
emb = nn.Embedding.from_pretrained(torch.arange(6.0).view(3, 2), freeze=True)
print(emb(torch.tensor([[2, 0]])), emb.weight.requires_grad, emb)


class RNN(nn.Module):
    def __init__(self, input_size, hidden_size, output_size):
        super().__init__()
        self.hidden_size = hidden_size
        self.i2h = nn.Linear(input_size + hidden_size, hidden_size)
        self.h2o = nn.Linear(hidden_size, output_size)
        self.softmax = nn.LogSoftmax(dim=1)

    def forward(self, input, hidden):
        combined = torch.cat((input, hidden), 1)
        hidden = torch.tanh(self.i2h(combined))
        return self.softmax(self.h2o(hidden)), hidden

    def initHidden(self):
        return torch.zeros(1, self.hidden_size)


class GRUCell(nn.Module):
    def __init__(self, input_size, hidden_size):
        super().__init__()
        self.x2h = nn.Linear(input_size, 3 * hidden_size)
        self.h2h = nn.Linear(hidden_size, 3 * hidden_size)

    def forward(self, x, hidden):
        i_r, i_i, i_n = self.x2h(x).chunk(3, 1)
        h_r, h_i, h_n = self.h2h(hidden).chunk(3, 1)
        resetgate, inputgate = torch.sigmoid(i_r + h_r), torch.sigmoid(i_i + h_i)
        newgate = torch.tanh(i_n + (resetgate * h_n))
        return newgate + inputgate * (hidden - newgate)


letters = "abcdefghijklmnopqrstuvwxyz"


def line_to_tensor(line):
    tensor = torch.zeros(len(line), 1, len(letters))
    for li, letter in enumerate(line):
        tensor[li][0][letters.find(letter)] = 1
    return tensor


print(list(line_to_tensor("study").size()), line_to_tensor("ab")[1].argmax().item())
rnn = settle(RNN(26, 7, 3), 0.3)
criterion = nn.NLLLoss()
for step, (word, category) in enumerate([("idea", 0), ("process", 1), ("abstract", 2)]):
    hidden = rnn.initHidden()
    rnn.zero_grad()
    for letter in line_to_tensor(word):
        output, hidden = rnn(letter, hidden)
    loss = criterion(output, torch.tensor([category], dtype=torch.long))
    loss.backward()
    for p in rnn.parameters():
        p.data.add_(p.grad.data, alpha=-0.05)
    top_n, top_i = output.topk(1)
    print("%.4f %d" % (loss, top_i[0].item()))
cell = settle(GRUCell(26, 5), 0.3)
hidden = torch.zeros(1, 5)
for letter in line_to_tensor("computational"):
    hidden = cell(letter, hidden)
hidden.sum().backward()
print(hidden.detach(), "%.4f" % cell.h2h.weight.grad.abs().sum())
W_xh, W_hh, b_h = (t.requires_grad_() for t in (torch.eye(26, 4) * 0.1, torch.eye(4) * 0.5, torch.zeros(4)))
H = torch.zeros(1, 4)
for X in F.one_hot(torch.tensor([[0, 3, 1]]).T, 26).float():
    H = torch.tanh(torch.mm(X, W_xh) + torch.mm(H, W_hh) + b_h)
    H = H.detach() if X is None else H
H.sum().backward()
theta = 0.5
norm = torch.sqrt(sum(torch.sum(p.grad**2) for p in (W_xh, W_hh, b_h)))
if norm > theta:
    for param in (W_xh, W_hh, b_h):
        param.grad[:] *= theta / norm
print("%.4f %.4f" % (norm, W_hh.grad.sum()))
conv = settle(nn.Sequential(nn.Conv1d(6, 4, 3, padding=1), nn.ReLU(), nn.AdaptiveMaxPool1d(1)))
sentence = settle(nn.Embedding(len(vocab), 6))(torch.tensor([[1, 2, 3, 4], [4, 3, 0, 0]])).permute(0, 2, 1)
print(conv(sentence).squeeze(2).detach())
perplexity = torch.exp(F.cross_entropy(torch.ones(3, 8), torch.tensor([1, 2, 3])))
print(perplexity)
